#pragma once

#include <cstdint>

#include "../simd/simd.h"

namespace tinyhost {

/// sum + a.low * b.low + a.high * b.high, where low and high are half-words.
inline int64_t DualMultiplyAddLong(uint32_t a, uint32_t b, int64_t sum) {
#ifdef __ARM_FEATURE_SIMD32
  __asm__("smlald %Q0, %R0, %1, %2" : "+r"(sum) : "r"(a), "r"(b));
  return sum;
#else
  return sum + simd::Half(a, 0) * simd::Half(b, 0) + simd::Half(a, 16) * simd::Half(b, 16);
#endif
}

/// True if a 64-bit sum can be scaled by this multiplier and shift.
inline bool IsLongScale(int32_t multiplier, int shift) {
  constexpr int kMaxShift = 7;
  return multiplier >= 0 && multiplier <= INT16_MAX && shift >= -31 && shift <= kMaxShift;
}

/// sum * multiplier / 2^(15 - shift), rounded once, as TFLM scales sums of 64 bits.
inline int32_t ScaledLongSum(uint64_t sum, int32_t multiplier, int shift) {
  const int right = 15 - shift;
  const uint64_t product = sum * static_cast<uint32_t>(multiplier) + (uint64_t{1} << (right - 1));
  return static_cast<int32_t>(static_cast<int64_t>(product) >> right);
}

}  // namespace tinyhost
