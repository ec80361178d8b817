// Gestures: accelerometer and gyroscope -> steps -> window of steps -> model -> averaged scores -> detected gesture.
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>

#include "core/limits.h"
#include "device/app.h"
#include "device/classification.h"
#include "gestures/params.h"
#include "gestures/steps.h"
#include "hal/imu.h"
#include "kws/events.h"

namespace tinyhost {
namespace {

constexpr auto kSettings = EventSettings(kUsualGestureParams, UINT16_MAX);

constexpr size_t kLevelSteps = 12;   // half a second at the usual rate
constexpr size_t kMaxMoments = 512;  // of a window from the host: 4 s at 119 Hz

static_assert(kGesturesAppLimits.max_classes == kMaxScores, "what a prediction carries");

alignas(16) uint8_t arena[kGesturesAppLimits.arena_bytes];
alignas(4) int16_t moments[kMaxMoments * kGestureChannels];

GestureParams params = kUsualGestureParams;
Stepper stepper;
uint32_t rate_mhz = 0;  // of the sensor's moments
Recognizer recognizer;
int8_t window[kMaxGestureSteps * kGestureChannels];  // the newest step is the last
size_t n_steps = 0;                                  // steps in the window

Status CheckModel(const Engine& engine) {
  const Task task = engine.metadata().task;
  if (task != Task::kGestures && task != Task::kGeneric) return Status::kModelMismatch;
  const Status status = ReadGestureParams(engine, &params);
  return status == Status::kOk ? Classification::CheckOutput(engine) : status;
}

void Restart(uint32_t moments_mhz) {
  n_steps = 0;
  rate_mhz = moments_mhz;
  (void)stepper.Start(rate_mhz, params.step_mhz);  // after a change of rate there are no steps yet
}

void StartModel(const Engine& engine, SettingTable* settings) {
  recognizer.Reset();
  Restart(rate_mhz);
  SetEventDefaults(params, engine.metadata().threshold, settings);
}

Status Prepare(const Sample& given, const Engine& engine) {
  if (given.width != kGestureChannels) return Status::kBadArgument;
  return WindowSteps(reinterpret_cast<const int16_t*>(given.bytes.data), given.height, params.n_steps,
                     static_cast<int8_t*>(engine.input().data));
}

void Conclude(const Engine& engine, const SettingTable& settings, uint64_t time_us, Result* result) {
  ConcludeEvent(engine, settings, time_us, params.n_silent_labels, &recognizer, result);
}

/// "wave 93%"; nothing between gestures.
void Describe(const Engine& engine, const Result& result, Text* text) {
  if (result.prediction.detected != 0) Classification::Describe(engine, result, text);
}

Status Check(const hal::Sampling& sampling) {
  return sampling.rate_mhz == 0 || sampling.rate_mhz >= params.step_mhz ? Status::kOk : Status::kSampleRate;
}

size_t Take(const int16_t* samples, size_t n_samples, Completed* completed) {
  int8_t step[kGestureChannels];
  for (size_t i = 0; i < n_samples; ++i) {
    if (!stepper.Take(samples + i * kGestureChannels, step)) continue;
    const size_t n_wanted = params.n_steps;
    std::memmove(window, window + sizeof step, (n_wanted - 1) * sizeof step);
    std::memcpy(window + (n_wanted - 1) * sizeof step, step, sizeof step);
    n_steps = std::min(n_steps + 1, n_wanted);
    *completed = n_steps == n_wanted ? Completed::kWindow : Completed::kStride;
    return i + 1;
  }
  return n_samples;
}

/// The newest step, and how strong the acceleration of the last half second is, in counts.
StrideFeatures Features() {
  const size_t n = std::min(n_steps, kLevelSteps);
  const int8_t* newest = window + (params.n_steps - 1) * kGestureChannels;
  int32_t peak = 0;
  float variance = 0;
  for (size_t axis = 0; axis < kAccelerationChannels; ++axis) {
    int32_t sum = 0, squares = 0;
    for (size_t i = 0; i < n; ++i) {
      const int32_t value = *(newest + axis - i * kGestureChannels);
      sum += value;
      squares += value * value;
      peak = std::max(peak, std::abs(value));
    }
    const float mean = static_cast<float>(sum) / static_cast<float>(n);
    variance += static_cast<float>(squares) / static_cast<float>(n) - mean * mean;
  }
  const float rms = std::sqrt(std::max(variance, 0.0f) / kAccelerationChannels);
  return {newest, kGestureChannels, static_cast<uint16_t>(peak * kAccelerationCounts),
          static_cast<uint16_t>(rms * kAccelerationCounts)};
}

Status Fill(const Engine& engine) {
  std::memcpy(engine.input().data, window, params.n_steps * kGestureChannels);
  return Status::kOk;
}

size_t WindowMoments() { return (params.n_steps * rate_mhz + params.step_mhz / 2) / params.step_mhz; }

constexpr SampleInput kSampleInput = {
    .describe_sensor = hal::DescribeImu,
    .start_sensor = hal::StartImu,
    .stop_sensor = hal::StopImu,
    .read_sensor = hal::ReadImu,
    .n_channels = kGestureChannels,
    .read_period_ms = 20,
    .check = Check,
    .restart = Restart,
    .take = Take,
    .features = Features,
    .fill = Fill,
    .window_samples = WindowMoments,
};

constexpr SelfTest kSelfTest = {.n_parts = hal::ImuTestParts, .run = hal::TestImu};

const App kApp = {
    .name = "gestures",
    .sensor = SensorKind::kAccelerometer,
    .arena = {arena, sizeof(arena)},
    .sample = {reinterpret_cast<uint8_t*>(moments), sizeof(moments)},
    .settings = kSettings.data(),
    .n_settings = kSettings.size(),
    .check_model = CheckModel,
    .start_model = StartModel,
    .prepare = Prepare,
    .conclude = Conclude,
    .describe = Describe,
    .self_test = &kSelfTest,
    .camera = nullptr,
    .sample_input = &kSampleInput,
};

}  // namespace

const App& TheApp() { return kApp; }

}  // namespace tinyhost
