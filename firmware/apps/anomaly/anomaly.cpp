// Anomaly detection: accelerometer -> features of a window -> model -> score -> alarm.
#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "anomaly/alarm.h"
#include "anomaly/anomaly_model.h"
#include "anomaly/motion_window.h"
#include "core/limits.h"
#include "device/app.h"
#include "hal/accelerometer.h"

namespace tinyhost {
namespace {

constexpr int32_t kDefaultThreshold = 1 << kScoreFractionBits;

constexpr SettingSpec kSettings[] = {
    {Setting::kPeriodMs, 0, 60'000, 0},
    {Setting::kThreshold, 0, INT32_MAX, kDefaultThreshold},  // a model replaces the defaults of this one and the next
    {Setting::kHysteresis, 0, INT32_MAX, 0},
    {Setting::kRaiseWindows, 1, UINT16_MAX, 1},
    {Setting::kClearWindows, 1, UINT16_MAX, 1},
    {Setting::kUnsureMargin, 0, INT32_MAX, 0},
};

constexpr uint32_t kTolerance = 32;  // rates and scales that differ by more than 1/32 do not match

alignas(16) uint8_t arena[kAnomalyAppLimits.arena_bytes];
alignas(4) int16_t sample[kMaxFftPoints * kMotionAxes];

AnomalyModel model;
MotionWindow window;
Alarm alarm;
ScoreBaseline baseline;

Status CheckModel(const Engine& engine) {
  window.Unconfigure();
  const Status status = model.Configure(engine);
  return status == Status::kOk && model.has_task_data() ? window.Configure(model.view()) : status;
}

void StartModel(const Engine&, SettingTable* settings) {
  alarm.Reset();
  if (!model.has_task_data()) return;
  const AnomalyParams& params = *model.view().params;
  baseline.Seed(params.baseline_score, params.baseline_shift);
  settings->SetDefault(Setting::kThreshold, params.threshold);
  settings->SetDefault(Setting::kHysteresis, params.hysteresis);
  settings->SetDefault(Setting::kRaiseWindows, params.raise_windows);
  settings->SetDefault(Setting::kClearWindows, params.clear_windows);
}

Status Prepare(const Sample& given, const Engine& engine) {
  if (!model.has_task_data()) return Status::kModelMismatch;
  if (given.width != kMotionAxes || given.height != model.view().motion.n_fft) return Status::kBadArgument;
  window.Compute(reinterpret_cast<const int16_t*>(given.bytes.data), static_cast<int8_t*>(engine.input().data));
  return Status::kOk;
}

void Conclude(const Engine&, const SettingTable& settings, uint64_t /*time_us*/, Result* result) {
  Prediction* prediction = &result->prediction;
  const int32_t threshold = settings.Get(Setting::kThreshold);
  const AlarmConfig config = {threshold, std::min(threshold, settings.Get(Setting::kHysteresis)),
                              static_cast<uint16_t>(settings.Get(Setting::kRaiseWindows)),
                              static_cast<uint16_t>(settings.Get(Setting::kClearWindows))};
  prediction->alarm = alarm.Update(prediction->score, config);
  prediction->detected = alarm.raised() ? 1 : 0;
  if (!alarm.raised()) baseline.Update(prediction->score);  // a fault must not become the new normal
  prediction->baseline = baseline.value();
  result->margin = std::abs(prediction->score - threshold);
}

/// "ALARM 2.31" or "normal 0.27".
void Describe(const Engine&, const Result& result, Text* text) {
  const auto hundredths = static_cast<uint32_t>((int64_t{result.prediction.score} * 100) >> kScoreFractionBits);
  *text << (result.prediction.detected != 0 ? "ALARM " : "normal ") << hundredths / 100 << ".";
  text->Digits(hundredths % 100, 2);
}

/// A model was trained at one rate: at another one, its bands are other frequencies. It was trained at one scale, too:
/// at another one, features are louder.
Status CheckSampling(const hal::Sampling& sampling) {
  if (!model.has_task_data()) return Status::kModelMismatch;
  const AnomalyParams& params = *model.view().params;
  const uint32_t wanted = params.rate_mhz;
  const uint32_t off = sampling.rate_mhz > wanted ? sampling.rate_mhz - wanted : wanted - sampling.rate_mhz;
  if (sampling.rate_mhz != 0 && off > wanted / kTolerance) return Status::kSampleRate;
  const float counts = sampling.scale * params.counts_per_g;  // counts of the model per count of the sensor
  const float most = 1.0f + 1.0f / kTolerance;
  return sampling.scale <= 0.0f || (counts <= most && counts * most >= 1.0f) ? Status::kOk : Status::kSampleScale;
}

void Restart(uint32_t /*rate_mhz*/) { window.Reset(); }

size_t Take(const int16_t* samples, size_t n_samples, Completed* completed) {
  bool is_hop_complete = false;
  const size_t n_taken = window.Take(samples, n_samples, &is_hop_complete);
  if (is_hop_complete) *completed = window.is_full() ? Completed::kWindow : Completed::kStride;
  return n_taken;
}

StrideFeatures Features() {
  return {window.features(), static_cast<uint16_t>(window.is_full() ? window.n_features() : 0), window.peak(),
          window.rms()};
}

Status Fill(const Engine& engine) {
  std::memcpy(engine.input().data, window.features(), window.n_features());
  return Status::kOk;
}

constexpr SampleInput kSampleInput = {
    .describe_sensor = hal::DescribeAccelerometer,
    .start_sensor = hal::StartAccelerometer,
    .stop_sensor = hal::StopAccelerometer,
    .read_sensor = hal::ReadAccelerometer,
    .n_channels = kMotionAxes,
    .read_period_ms = 50,
    .check = CheckSampling,
    .restart = Restart,
    .take = Take,
    .features = Features,
    .fill = Fill,
    .window_samples = [] { return size_t{model.view().motion.n_fft}; },
};

constexpr Scoring kScoring = {
    .begin = [](const Engine& engine) { return model.Begin(engine); },
    .watch =
        [](const Engine& engine) {
          model.Watch(engine);
          return true;
        },
    .score = [](const Engine& engine) { return model.Score(engine); },
};

constexpr SelfTest kSelfTest = {.n_parts = hal::AccelerometerTestParts, .run = hal::TestAccelerometer};

const App kApp = {
    .name = "anomaly",
    .sensor = SensorKind::kAccelerometer,
    .arena = {arena, sizeof(arena)},
    .sample = {reinterpret_cast<uint8_t*>(sample), sizeof(sample)},
    .settings = kSettings,
    .n_settings = sizeof(kSettings) / sizeof(kSettings[0]),
    .check_model = CheckModel,
    .start_model = StartModel,
    .prepare = Prepare,
    .conclude = Conclude,
    .describe = Describe,
    .self_test = &kSelfTest,
    .camera = nullptr,
    .sample_input = &kSampleInput,
    .scoring = &kScoring,
};

}  // namespace

const App& TheApp() { return kApp; }

}  // namespace tinyhost
