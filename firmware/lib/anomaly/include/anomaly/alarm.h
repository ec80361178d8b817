#pragma once

#include <cstdint>

#include "protocol/messages.h"

namespace tinyhost {

/// When scores raise an alarm. Scores are Q16, as in anomaly/score.h.
struct AlarmConfig {
  int32_t threshold;       // a score is high from here on; 0 or more
  int32_t hysteresis;      // a score below threshold - hysteresis is low; 0..threshold
  uint16_t raise_windows;  // high scores in a row that raise the alarm; 0 counts as 1
  uint16_t clear_windows;  // low scores in a row that clear it; 0 counts as 1
};

/// An alarm with hysteresis and a minimum duration: a single high score, such as from a knock on the table, raises
/// none.
class Alarm {
 public:
  void Reset() { *this = Alarm(); }

  /// Takes the next window's score. The configuration may change between calls, because settings are live.
  AlarmState Update(int32_t score, const AlarmConfig& config);

  AlarmState state() const { return state_; }
  bool raised() const { return state_ == AlarmState::kAlarm || state_ == AlarmState::kClearing; }
  uint32_t n_alarms() const { return n_alarms_; }  // raised since Reset()

 private:
  AlarmState state_ = AlarmState::kNormal;
  uint16_t n_in_row_ = 0;
  uint32_t n_alarms_ = 0;
};

/// The slow mean of the scores: it drifts away from its seed as machine, mounting or sensor change over days.
///
///   mean += (score - mean) / 2^shift        an exponential average over about 2^shift windows
///
/// Callers leave out the scores of alarms, so that a fault does not become the new normal.
class ScoreBaseline {
 public:
  static constexpr int kMaxShift = 24;

  /// Starts at `score`, Q16, which training measured. shift is limited to kMaxShift.
  void Seed(int32_t score, uint8_t shift);
  void Update(int32_t score);

  int32_t value() const { return static_cast<int32_t>((mean_ + kHalf) >> kFractionBits); }
  /// value() minus the seed, saturated.
  int32_t drift() const;

 private:
  static constexpr int kFractionBits = 24;
  static constexpr int64_t kHalf = int64_t{1} << (kFractionBits - 1);

  int64_t mean_ = 0;
  int32_t seed_ = 0;
  uint8_t shift_ = 0;
};

}  // namespace tinyhost
