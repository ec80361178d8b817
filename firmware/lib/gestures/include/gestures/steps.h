#pragma once

#include <cstddef>
#include <cstdint>

#include "core/status.h"

namespace tinyhost {

/// The values of a moment: acceleration x, y, z, and rotation x, y, z.
constexpr size_t kGestureChannels = 6;
constexpr size_t kAccelerationChannels = 3;
constexpr size_t kMaxGestureSteps = 128;
constexpr int32_t kAccelerationCounts = 256;  // per unit of a step: 1/32 of the 8192 in a g
constexpr int32_t kRotationCounts = 64;       // per unit of a step, of 16.384 per degree per second

/// The mean of some moments, as the model's input (hal/imu.h defines the counts): full scale is 4 g and 500 degrees per
/// second. Saturates.
class Step {
 public:
  void Add(const int16_t* moment);
  /// Writes the mean and starts again; 0 if there were no moments.
  void Take(int8_t* out);

 private:
  int32_t sums_[kGestureChannels] = {};
  int32_t n_moments_ = 0;
};

/// Divides a stream of any sample rate into steps: sample i belongs to step i * step_mhz / rate_mhz.
class Stepper {
 public:
  /// rate_mhz and step_mhz: moments and steps per 1,000 s. Returns kSampleRate if there are fewer moments than steps.
  Status Start(uint32_t rate_mhz, uint32_t step_mhz);
  /// Takes a moment; returns whether it completed a step, which is then in `out`.
  bool Take(const int16_t* moment, int8_t* out);

 private:
  Step step_;
  uint32_t rate_mhz_ = 0;
  uint32_t step_mhz_ = 0;
  uint32_t phase_ = 0;
};

/// The steps of a whole window of `n_moments`, evenly spaced. Returns kBadArgument if there are fewer moments than
/// steps.
Status WindowSteps(const int16_t* moments, size_t n_moments, size_t n_steps, int8_t* out);

}  // namespace tinyhost
