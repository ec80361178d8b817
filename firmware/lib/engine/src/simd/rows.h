#pragma once

#include "simd.h"

namespace tinyhost::simd {

/// Calls four(a, b, output) for words of four elements of a row, one or two (kFours) in a loop's turn, and one(a, b,
/// output) for those left over. Nothing is stored before what lies at its place is read.
template <int kFours, typename FourFunction, typename OneFunction>
TINYHOST_INLINE void ForEachFour(const int8_t* a, const int8_t* b, int32_t n, int8_t* output, FourFunction four,
                                 OneFunction one) {
  constexpr int kAtOnce = 4 * kFours;
  for (; n >= kAtOnce; n -= kAtOnce, a += kAtOnce, b += kAtOnce, output += kAtOnce) {
    four(Load(a), Load(b), output);
    if (kFours == 2) four(Load(a + 4), Load(b + 4), output + 4);
  }
  for (; n > 0; --n, ++a, ++b, ++output) one(*a, *b, output);
}

}  // namespace tinyhost::simd
