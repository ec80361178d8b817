#pragma once

#include "../kernels/broadcast.h"
#include "simd.h"

namespace tinyhost::simd {

/// Calls four(a, b, output) for words of four elements, and one(a, b) -> the output's byte for those that a row has
/// left over. What lies where an output goes is read before it. four moves the output on, as StoreNext does.
template <typename FourFunction, typename OneFunction>
TINYHOST_INLINE void ForEachFour(const Rows& rows, FourFunction four, OneFunction one) {
  const int8_t *a = rows.inputs[0], *b = rows.inputs[1];
  int8_t* output = rows.output;
  const int32_t back_a = rows.n - rows.next[0], back_b = rows.n - rows.next[1];
  for (int32_t left = rows.n_rows; left > 0; --left, a -= back_a, b -= back_b) {
    const int8_t* const end = a + rows.n;
    for (const int8_t* const end_of_words = end - (rows.n & 3); a != end_of_words;) {
      const uint32_t first = LoadNext(a), second = LoadNext(b);
      four(first, second, output);
    }
    while (a != end) {
      const int32_t first = LoadNextByte(a), second = LoadNextByte(b);
      StoreNext(output, one(first, second));
    }
  }
}

/// The same where an input has one value for each row of at least four, of which prepared(value) is made: four(a, with,
/// output) for words of the other input, one(a, with).
template <typename Prepared, typename FourFunction, typename OneFunction>
TINYHOST_INLINE void ForEachFourOfOnes(const Rows& rows, Prepared prepared, FourFunction four, OneFunction one) {
  const int8_t *a = rows.inputs[1 - rows.ones], *ones = rows.inputs[rows.ones];
  const int8_t* const end_of_ones = ones + rows.n_rows;
  int8_t* output = rows.output;
  for (const int32_t n_words = rows.n >> 2, n_left = rows.n & 3; ones != end_of_ones;) {
    const auto with = prepared(LoadNextByte(ones));
    int32_t n = n_words;
    do four(LoadNext(a), with, output);
    while (--n > 0);
    for (n = n_left; n > 0; --n) StoreNext(output, one(LoadNextByte(a), with));
  }
}

}  // namespace tinyhost::simd
