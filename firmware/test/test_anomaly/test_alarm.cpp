#include <doctest/doctest.h>

#include <vector>

#include "anomaly/alarm.h"

namespace tinyhost {
namespace {

constexpr AlarmConfig kConfig{100, 20, 3, 2};

std::vector<AlarmState> StatesOf(Alarm* alarm, const std::vector<int32_t>& scores,
                                 const AlarmConfig& config = kConfig) {
  std::vector<AlarmState> states;
  for (const int32_t score : scores) states.push_back(alarm->Update(score, config));
  return states;
}

constexpr AlarmState kNormal = AlarmState::kNormal;
constexpr AlarmState kSuspect = AlarmState::kSuspect;
constexpr AlarmState kAlarm = AlarmState::kAlarm;
constexpr AlarmState kClearing = AlarmState::kClearing;

TEST_CASE("an alarm needs enough high scores in a row") {
  Alarm alarm;
  CHECK(StatesOf(&alarm, {99, 100, 500, 99, 100, 100, 100}) ==
        std::vector<AlarmState>{kNormal, kSuspect, kSuspect, kNormal, kSuspect, kSuspect, kAlarm});
  CHECK(alarm.n_alarms() == 1);
  CHECK(alarm.raised());
}

TEST_CASE("between release and threshold an alarm stays, and so does calm") {
  Alarm alarm;
  CHECK(StatesOf(&alarm, {80, 99, 80}) == std::vector<AlarmState>(3, kNormal));
  StatesOf(&alarm, {100, 100, 100});
  CHECK(StatesOf(&alarm, {80, 99, 80, 80}) == std::vector<AlarmState>(4, kAlarm));
}

TEST_CASE("an alarm clears after enough low scores in a row, and can come again") {
  Alarm alarm;
  StatesOf(&alarm, {100, 100, 100});
  CHECK(StatesOf(&alarm, {79, 80, 79, 79, 79}) ==
        std::vector<AlarmState>{kClearing, kAlarm, kClearing, kNormal, kNormal});
  CHECK(alarm.n_alarms() == 1);
  StatesOf(&alarm, {100, 100, 100});
  CHECK(alarm.n_alarms() == 2);
  alarm.Reset();
  CHECK(alarm.state() == kNormal);
  CHECK(alarm.n_alarms() == 0);
}

TEST_CASE("a duration of no windows is one of one") {
  Alarm alarm;
  const AlarmConfig config{100, 0, 0, 0};
  CHECK(StatesOf(&alarm, {100, 99, 100}, config) == std::vector<AlarmState>{kAlarm, kNormal, kAlarm});
}

TEST_CASE("the longest duration is reached, and the ends of the scores' range overflow nothing") {
  Alarm alarm;
  const AlarmConfig config{INT32_MAX, INT32_MAX, UINT16_MAX, UINT16_MAX};
  for (int i = 0; i < UINT16_MAX - 1; ++i) CHECK(alarm.Update(INT32_MAX, config) == kSuspect);
  CHECK(alarm.Update(INT32_MAX, config) == kAlarm);
  CHECK(alarm.Update(0, config) == kAlarm);
  Alarm other;
  CHECK(other.Update(INT32_MIN, {INT32_MIN, INT32_MAX, 1, 1}) == kAlarm);
}

TEST_CASE("a threshold that changes counts from the next score on") {
  Alarm alarm;
  CHECK(alarm.Update(100, {200, 0, 1, 1}) == kNormal);
  CHECK(alarm.Update(100, {50, 0, 1, 1}) == kAlarm);
}

TEST_CASE("the baseline starts at its seed and follows slowly") {
  ScoreBaseline baseline;
  baseline.Seed(1000, 4);
  CHECK(baseline.value() == 1000);
  CHECK(baseline.drift() == 0);
  baseline.Update(2600);
  CHECK(baseline.value() == 1100);  // a sixteenth of the way
  CHECK(baseline.drift() == 100);
  for (int i = 0; i < 1000; ++i) baseline.Update(500);
  CHECK(baseline.value() == 500);
  CHECK(baseline.drift() == -500);
}

TEST_CASE("the slowest baseline still moves, and the ends of the range overflow nothing") {
  ScoreBaseline baseline;
  baseline.Seed(0, 255);
  for (int i = 0; i < 1000; ++i) baseline.Update(1 << 20);
  CHECK(baseline.value() == 62);  // 1000 / 2^24 of the way
  baseline.Seed(INT32_MIN, 0);
  baseline.Update(INT32_MAX);
  CHECK(baseline.value() == INT32_MAX);
  CHECK(baseline.drift() == INT32_MAX);
  baseline.Seed(INT32_MAX, 0);
  baseline.Update(INT32_MIN);
  CHECK(baseline.value() == INT32_MIN);
  CHECK(baseline.drift() == INT32_MIN);
}

}  // namespace
}  // namespace tinyhost
