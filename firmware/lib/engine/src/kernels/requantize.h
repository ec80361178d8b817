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

/// Filters that are applied to the same input together: each input element is loaded once for all of them.
///
/// Sums are modulo 2^32. A block that reaches beyond the last filter repeats it; the repeated sums are not used.
struct FilterBlock {
  static constexpr int32_t kSize = 4;

  /// Filters first, first + 1, ... of `n_filters`, each of filter_size weights.
  FilterBlock(const int8_t* weights, int32_t filter_size, int32_t first, int32_t n_filters) {
    for (int32_t i = 0; i < kSize; ++i) {
      filters[i] = weights + (first + i < n_filters ? first + i : n_filters - 1) * filter_size;
      sums[i] = 0;
    }
  }

  /// Adds the products of n input elements with the weights from `offset` on.
  void Accumulate(const int8_t* input, int32_t offset, int32_t n) {
    const int8_t* f0 = filters[0] + offset;
    const int8_t* f1 = filters[1] + offset;
    const int8_t* f2 = filters[2] + offset;
    const int8_t* f3 = filters[3] + offset;
    uint32_t s0 = sums[0], s1 = sums[1], s2 = sums[2], s3 = sums[3];
    for (const int8_t* end = input + n; input != end; ++input) {
      const int32_t value = *input;
      s0 += static_cast<uint32_t>(value * *f0++);
      s1 += static_cast<uint32_t>(value * *f1++);
      s2 += static_cast<uint32_t>(value * *f2++);
      s3 += static_cast<uint32_t>(value * *f3++);
    }
    sums[0] = s0, sums[1] = s1, sums[2] = s2, sums[3] = s3;
  }

  /// Adds `value` times each of n weights from `offset` on.
  void AccumulateConstant(int32_t value, int32_t offset, int32_t n) {
    for (int32_t i = 0; i < kSize; ++i) {
      int32_t sum = 0;
      for (int32_t k = 0; k < n; ++k) sum += filters[i][offset + k];
      sums[i] += static_cast<uint32_t>(value) * static_cast<uint32_t>(sum);
    }
  }

  const int8_t* filters[kSize];
  uint32_t sums[kSize];
};

/// Requantizes the sums of filters `first` and on, up to n_filters, into output[first...].
inline void StoreBlock(const FilterBlock& block, const Requantizer& requantizer, int32_t first, int32_t n_filters,
                       int8_t* output) {
  const int32_t n = n_filters - first < FilterBlock::kSize ? n_filters - first : FilterBlock::kSize;
  for (int32_t i = 0; i < n; ++i) {
    const int32_t channel = first + i;
    const uint32_t sum = block.sums[i] + static_cast<uint32_t>(requantizer.bias[channel]);
    output[channel] = requantizer(static_cast<int32_t>(sum), channel);
  }
}

}  // namespace tinyhost
