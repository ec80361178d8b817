#include "anomaly/alarm.h"

namespace tinyhost {

namespace {

uint16_t AtLeastOne(uint16_t n) { return n == 0 ? 1 : n; }

}  // namespace

AlarmState Alarm::Update(int32_t score, const AlarmConfig& config) {
  const bool was_raised = raised();
  const int64_t release = static_cast<int64_t>(config.threshold) - config.hysteresis;
  const bool counts = was_raised ? score < release : score >= config.threshold;
  const uint16_t n_wanted = AtLeastOne(was_raised ? config.clear_windows : config.raise_windows);
  n_in_row_ = counts ? static_cast<uint16_t>(n_in_row_ < UINT16_MAX ? n_in_row_ + 1 : UINT16_MAX) : uint16_t{0};
  const bool changes = counts && n_in_row_ >= n_wanted;
  const bool is_raised = was_raised != changes;
  if (changes) n_in_row_ = 0;
  if (changes && is_raised) ++n_alarms_;
  if (is_raised) {
    state_ = n_in_row_ > 0 ? AlarmState::kClearing : AlarmState::kAlarm;
  } else {
    state_ = n_in_row_ > 0 ? AlarmState::kSuspect : AlarmState::kNormal;
  }
  return state_;
}

void ScoreBaseline::Seed(int32_t score, uint8_t shift) {
  seed_ = score;
  mean_ = static_cast<int64_t>(score) * (int64_t{1} << kFractionBits);
  shift_ = shift < kMaxShift ? shift : kMaxShift;
}

void ScoreBaseline::Update(int32_t score) {
  const int64_t difference = static_cast<int64_t>(score) * (int64_t{1} << kFractionBits) - mean_;
  mean_ += (difference + (shift_ > 0 ? int64_t{1} << (shift_ - 1) : 0)) >> shift_;
}

int32_t ScoreBaseline::drift() const {
  const int64_t difference = static_cast<int64_t>(value()) - seed_;
  return static_cast<int32_t>(difference < INT32_MIN ? INT32_MIN : (difference > INT32_MAX ? INT32_MAX : difference));
}

}  // namespace tinyhost
