#pragma once

#include <cstddef>
#include <cstdint>

#include "core/status.h"

namespace tinyhost {

/// Values of a moment: acceleration x, y, z, and rotation x, y, z.
constexpr size_t kGestureChannels = 6;
constexpr size_t kAccelerationChannels = 3;
constexpr size_t kMaxGestureSteps = 128;
constexpr int32_t kAccelerationCounts = 256;  // of one of a step: 1/32 of the 8192 in a g
constexpr int32_t kRotationCounts = 64;       // of 16.384 in a degree per second

/// The mean of some moments, as the model gets it (hal/imu.h has the counts): full scale is 4 g and 500 degrees per
/// second. Saturates.
class Step {
 public:
  void Add(const int16_t* moment);
  /// Writes the mean and begins anew; 0 of no moments.
  void Take(int8_t* out);

 private:
  int32_t sums_[kGestureChannels] = {};
  int32_t n_moments_ = 0;
};

/// Cuts a stream into steps, however fast it is sampled: sample i belongs to step i * step_mhz / rate_mhz.
class Stepper {
 public:
  /// rate_mhz and step_mhz: moments and steps in 1,000 s. kSampleRate: there are fewer moments than steps.
  Status Start(uint32_t rate_mhz, uint32_t step_mhz);
  /// Takes a moment; returns whether it ended a step, which is in `out` then.
  bool Take(const int16_t* moment, int8_t* out);

 private:
  Step step_;
  uint32_t rate_mhz_ = 0;
  uint32_t step_mhz_ = 0;
  uint32_t phase_ = 0;
};

/// The steps of a whole window of `n_moments`, evenly spaced. kBadArgument: there are fewer moments than steps.
Status WindowSteps(const int16_t* moments, size_t n_moments, size_t n_steps, int8_t* out);

}  // namespace tinyhost
