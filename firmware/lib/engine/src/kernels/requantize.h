#pragma once

#include <cstdint>

#include "fixed_point.h"
#include "kernel.h"

namespace tinyhost {

/// What turns a 32-bit accumulator into an int8 output, per output channel.
struct Requantizer {
  const int32_t* bias;
  const int32_t* multiplier;
  const int8_t* shift;
  int32_t zero_point;
  int32_t activation_min;
  int32_t activation_max;

  int8_t operator()(int32_t accumulator, int32_t channel) const {
    const int32_t scaled = MultiplyByQuantizedMultiplier(accumulator, multiplier[channel], shift[channel]);
    return static_cast<int8_t>(Clamp(WrappingAdd(scaled, zero_point), activation_min, activation_max));
  }
};

inline bool ShiftInRange(int32_t shift) { return shift >= -31 && shift <= 30; }

/// The Requantizer of ConvParams or FullyConnectedParams; its pointers are null where the image is wrong.
template <typename Params>
Requantizer MakeRequantizer(const OperatorView& op, const Params& params, uint32_t n_channels) {
  return Requantizer{op.image->Constants<int32_t>(params.bias_offset, n_channels),
                     op.image->Constants<int32_t>(params.multiplier_offset, n_channels),
                     op.image->Constants<int8_t>(params.shift_offset, n_channels),
                     op.output.zero_point,
                     params.activation_min,
                     params.activation_max};
}

inline bool ValidRequantizer(const Requantizer& requantizer, int32_t n_channels) {
  if (!requantizer.bias || !requantizer.multiplier || !requantizer.shift) return false;
  for (int32_t i = 0; i < n_channels; ++i) {
    if (requantizer.multiplier[i] < 0 || !ShiftInRange(requantizer.shift[i])) return false;
  }
  return requantizer.activation_min <= requantizer.activation_max;
}

/// sum(a[i] * b[i]), modulo 2^32.
inline uint32_t DotProduct(const int8_t* a, const int8_t* b, int32_t n) {
  uint32_t sum = 0;
  int32_t i = 0;
  for (; i + 4 <= n; i += 4) {
    sum += static_cast<uint32_t>(a[i] * b[i] + a[i + 1] * b[i + 1] + a[i + 2] * b[i + 2] + a[i + 3] * b[i + 3]);
  }
  for (; i < n; ++i) sum += static_cast<uint32_t>(a[i] * b[i]);
  return sum;
}

}  // namespace tinyhost
