#pragma once

#include <cstdint>

#include "fixed_point.h"
#include "kernel.h"

namespace tinyhost {

/// What turns 32-bit accumulators into int8 outputs.
struct Requantizer {
  const ChannelConstants* channels;
  int32_t zero_point;
  int32_t activation_min;
  int32_t activation_max;

  int8_t operator()(uint32_t accumulator, const ChannelConstants& channel) const {
    const int32_t sum = static_cast<int32_t>(accumulator + static_cast<uint32_t>(channel.bias));
    const int32_t scaled =
        MultiplyByQuantizedMultiplier(sum, static_cast<int32_t>(channel.multiplier >> 1), channel.shift);
    return static_cast<int8_t>(Clamp(WrappingAdd(scaled, zero_point), activation_min, activation_max));
  }
};

inline bool ShiftInRange(int32_t shift) { return shift >= -31 && shift <= 30; }

/// The Requantizer of ConvParams or FullyConnectedParams; `channels` is null where the image is wrong.
template <typename Params>
Requantizer MakeRequantizer(const OperatorView& op, const Params& params, uint64_t n_channels) {
  return Requantizer{op.image->Constants<ChannelConstants>(params.channels_offset, n_channels), op.output.zero_point,
                     params.activation_min, params.activation_max};
}

constexpr int32_t kMinBoundedShift = -22;

/// True if constants and scratch memory are inside, and what Requantization::kBounded promises of constants holds.
template <typename Params>
bool ValidRequantizer(const OperatorView& op, const Params& params, uint64_t n_channels) {
  const Requantizer requantizer = MakeRequantizer(op, params, n_channels);
  const bool bounded = params.requantization == Requantization::kBounded;
  if (!requantizer.channels || (!bounded && params.requantization != Requantization::kAny)) return false;
  for (uint64_t i = 0; i < n_channels; ++i) {
    const ChannelConstants& channel = requantizer.channels[i];
    if (!ShiftInRange(channel.shift)) return false;
    if (bounded && (channel.shift >= 0 || channel.shift < kMinBoundedShift || channel.multiplier >> 31 == 0))
      return false;
  }
  return requantizer.activation_min <= requantizer.activation_max && op.Scratch(params, params.scratch_bytes);
}

}  // namespace tinyhost
