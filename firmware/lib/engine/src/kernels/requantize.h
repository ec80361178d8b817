#pragma once

#include <cstdint>

#include "fixed_point.h"
#include "kernel.h"

namespace tinyhost {

/// Whether a channel's sum is rounded down once, with constants that the host found, instead of twice as in TFLM.
inline bool IsScaled(const ChannelConstants& channel) { return channel.multiplier - 1 < 0x7FFFFFFF; }

/// Turns 32-bit accumulators into int8 outputs.
struct Requantizer {
  const ChannelConstants* channels;
  int32_t zero_point;
  int32_t activation_min;
  int32_t activation_max;

  int8_t operator()(uint32_t accumulator, const ChannelConstants& channel) const {
    const int32_t sum = static_cast<int32_t>(accumulator + static_cast<uint32_t>(channel.bias));
    return static_cast<int8_t>(Clamp(Unclamped(sum, channel), activation_min, activation_max));
  }

 private:
  int32_t Unclamped(int32_t sum, const ChannelConstants& channel) const {
    if (IsScaled(channel)) {
      const int64_t product = static_cast<int64_t>(sum) * channel.multiplier;
      return WrappingAdd(static_cast<int32_t>(product >> 32), channel.constant) >> kScaledShift;
    }
    const int32_t multiplier = static_cast<int32_t>(channel.multiplier >> 1);
    return WrappingAdd(MultiplyByQuantizedMultiplier(sum, multiplier, -channel.shift), zero_point);
  }
};

inline bool ShiftInRange(int32_t shift) { return shift >= -31 && shift <= 30; }

/// Makes the Requantizer of the filters; `channels` is null where the image is wrong.
Requantizer MakeRequantizer(const OperatorView& op, const ConvParams& params, uint32_t n_channels);

/// True if constants and scratch memory are inside their sections and the constants keep what Requantization::kBounded
/// promises.
bool ValidRequantizer(const OperatorView& op, const ConvParams& params, uint32_t n_channels);

}  // namespace tinyhost
