#pragma once

#include "../kernels/fixed_point.h"
#include "simd.h"

namespace tinyhost::simd {

/// x * multiplier / 2^31, then divided by a power of two, halves away from zero, as in requantize.h; the multiplier is
/// at least 2^30, right_shift in 1..31.
struct Scaling {
  Scaling(int32_t q31, int32_t right_shift)
      : multiplier(static_cast<int32_t>(static_cast<uint32_t>(q31) << 1)),
        constant(1 << (right_shift - 1)),
        shift(right_shift) {}

  int32_t operator()(int32_t x) const {
    const int32_t high = MultiplyHighAdd(x, multiplier, x);
    return WrappingAdd(WrappingAdd(high, high >> 31), constant) >> shift;
  }

  int32_t multiplier;
  int32_t constant;
  int32_t shift;
};

}  // namespace tinyhost::simd
