#include "gestures/steps.h"

#include <algorithm>

namespace tinyhost {
namespace {

constexpr uint32_t kMaxRateMhz = 10'000'000;  // so that sums stay within 32 bits

/// The nearest integer, halves rounded up. The divisor is positive.
int32_t Quotient(int32_t value, int32_t divisor) {
  const int32_t doubled = 2 * value + divisor;
  const int32_t rest = doubled % (2 * divisor);
  return (doubled - rest) / (2 * divisor) - (rest < 0 ? 1 : 0);
}

}  // namespace

void Step::Add(const int16_t* moment) {
  for (size_t i = 0; i < kGestureChannels; ++i) sums_[i] += moment[i];
  ++n_moments_;
}

void Step::Take(int8_t* out) {
  for (size_t i = 0; i < kGestureChannels; ++i) {
    const int32_t counts = i < kAccelerationChannels ? kAccelerationCounts : kRotationCounts;
    const int32_t mean = n_moments_ == 0 ? 0 : Quotient(sums_[i], n_moments_ * counts);
    out[i] = static_cast<int8_t>(std::clamp<int32_t>(mean, INT8_MIN, INT8_MAX));
    sums_[i] = 0;
  }
  n_moments_ = 0;
}

Status Stepper::Start(uint32_t rate_mhz, uint32_t step_mhz) {
  step_ = {};
  phase_ = 0;
  const bool fits = step_mhz >= 1000 && step_mhz <= rate_mhz && rate_mhz <= kMaxRateMhz;
  rate_mhz_ = fits ? rate_mhz : 0;
  step_mhz_ = step_mhz;
  return fits ? Status::kOk : Status::kSampleRate;
}

bool Stepper::Take(const int16_t* moment, int8_t* out) {
  if (rate_mhz_ == 0) return false;
  step_.Add(moment);
  phase_ += step_mhz_;
  if (phase_ < rate_mhz_) return false;
  phase_ -= rate_mhz_;
  step_.Take(out);
  return true;
}

Status WindowSteps(const int16_t* moments, size_t n_moments, size_t n_steps, int8_t* out) {
  if (n_steps == 0 || n_moments < n_steps || n_moments > kMaxRateMhz / 1000) return Status::kBadArgument;
  Step step;
  size_t phase = 0;
  for (size_t i = 0; i < n_moments; ++i) {
    step.Add(moments + i * kGestureChannels);
    phase += n_steps;
    if (phase < n_moments) continue;
    phase -= n_moments;
    step.Take(out);
    out += kGestureChannels;
  }
  return Status::kOk;
}

}  // namespace tinyhost
