// Shakes, the app of tests/apps/test_another_task.py: accelerometer -> range of each axis -> model -> class.
#include <algorithm>
#include <cstring>

#include "device/app.h"
#include "device/classification.h"
#include "hal/accelerometer.h"

namespace tinyhost {
namespace {

constexpr size_t kAxes = 3;
constexpr size_t kWindow = 32;

constexpr SettingSpec kSettings[] = {
    {Setting::kPeriodMs, 0, 60'000, 0},
    {Setting::kSmoothing, 0, 255, 0},
    {Setting::kThreshold, INT8_MIN, INT8_MAX, 0},
};

alignas(16) uint8_t arena[1024];
alignas(4) int16_t sample[kWindow * kAxes];

int16_t window[kWindow * kAxes];
size_t n_samples_in_window = 0;
int8_t ranges[kAxes];
Classification classification;

/// The range of each axis in steps of 256 counts, -128 for none.
void Measure(const int16_t* samples, int8_t* out) {
  for (size_t axis = 0; axis < kAxes; ++axis) {
    int32_t least = INT16_MAX, most = INT16_MIN;
    for (size_t i = 0; i < kWindow; ++i) {
      least = std::min<int32_t>(least, samples[i * kAxes + axis]);
      most = std::max<int32_t>(most, samples[i * kAxes + axis]);
    }
    out[axis] = static_cast<int8_t>((most - least) / 256 - 128);
  }
}

Status CheckModel(const Engine& engine) {
  return engine.input().n_bytes == kAxes ? Classification::CheckOutput(engine) : Status::kModelMismatch;
}

void StartModel(const Engine& engine, SettingTable* settings) { classification.Start(engine, settings); }

Status Prepare(const Sample& given, const Engine& engine) {
  if (given.width != kAxes || given.height != kWindow) return Status::kBadArgument;
  Measure(reinterpret_cast<const int16_t*>(given.bytes.data), static_cast<int8_t*>(engine.input().data));
  return Status::kOk;
}

void Conclude(const Engine& engine, const SettingTable& settings, uint64_t /*time_us*/, Result* result) {
  classification.Conclude(engine, settings, result);
}

Status CheckInput(const hal::Sampling&) { return Status::kOk; }

void Restart(uint32_t /*rate_mhz*/) { n_samples_in_window = 0; }

size_t Take(const int16_t* samples, size_t n_samples, Completed* completed) {
  const size_t n_taken = std::min(n_samples, kWindow - n_samples_in_window);
  std::memcpy(window + n_samples_in_window * kAxes, samples, n_taken * kAxes * sizeof(int16_t));
  n_samples_in_window += n_taken;
  if (n_samples_in_window == kWindow) {
    Measure(window, ranges);
    n_samples_in_window = 0;
    *completed = Completed::kWindow;
  }
  return n_taken;
}

StrideFeatures Features() { return {ranges, kAxes, 0, 0}; }

Status Fill(const Engine& engine) {
  std::memcpy(engine.input().data, ranges, kAxes);
  return Status::kOk;
}

constexpr SampleInput kSampleInput = {
    .describe_sensor = hal::DescribeAccelerometer,
    .start_sensor = hal::StartAccelerometer,
    .stop_sensor = hal::StopAccelerometer,
    .read_sensor = hal::ReadAccelerometer,
    .n_channels = kAxes,
    .read_period_ms = 50,
    .check = CheckInput,
    .restart = Restart,
    .take = Take,
    .features = Features,
    .fill = Fill,
    .window_samples = [] { return kWindow; },
};

constexpr SelfTest kSelfTest = {.n_parts = hal::AccelerometerTestParts, .run = hal::TestAccelerometer};

const App kApp = {
    .name = "shakes",
    .sensor = SensorKind::kAccelerometer,
    .arena = {arena, sizeof(arena)},
    .sample = {reinterpret_cast<uint8_t*>(sample), sizeof(sample)},
    .settings = kSettings,
    .n_settings = sizeof(kSettings) / sizeof(kSettings[0]),
    .check_model = CheckModel,
    .start_model = StartModel,
    .prepare = Prepare,
    .conclude = Conclude,
    .describe = Classification::Describe,
    .self_test = &kSelfTest,
    .camera = nullptr,
    .sample_input = &kSampleInput,
};

}  // namespace

const App& TheApp() { return kApp; }

}  // namespace tinyhost
