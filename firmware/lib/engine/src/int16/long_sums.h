#pragma once

#include <cstdint>

#include "../simd/simd.h"

namespace tinyhost {

/// sum + a.low * b.low + a.high * b.high, of half-words.
inline int64_t DualMultiplyAddLong(uint32_t a, uint32_t b, int64_t sum) {
#ifdef __ARM_FEATURE_SIMD32
  __asm__("smlald %Q0, %R0, %1, %2" : "+r"(sum) : "r"(a), "r"(b));
  return sum;
#else
  return sum + simd::Half(a, 0) * simd::Half(b, 0) + simd::Half(a, 16) * simd::Half(b, 16);
#endif
}

}  // namespace tinyhost
