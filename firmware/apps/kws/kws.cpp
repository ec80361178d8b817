// Keyword spotting: microphone -> audio frontend -> window of features -> model -> averaged scores -> the spoken word.
#include <cstring>

#include "core/limits.h"
#include "device/app.h"
#include "device/classification.h"
#include "hal/microphone.h"
#include "kws/cascade.h"
#include "kws/events.h"
#include "kws/feature_window.h"
#include "kws/params.h"

namespace tinyhost {
namespace {

constexpr auto kSettings = EventSettings(kMicroSpeechKwsParams, kMaxPeriodMs,
                                         SettingSpec{Setting::kWakeThreshold, INT8_MIN, INT8_MAX, INT8_MIN},
                                         SettingSpec{Setting::kWakeHoldMs, 0, kMaxWakeHoldMs, 0});

constexpr size_t kClipSamples = hal::kMicrophoneHz;  // 1 s

static_assert(kKwsAppLimits.max_classes == kMaxScores, "what a prediction carries");

alignas(16) uint8_t arena[kKwsAppLimits.arena_bytes];
alignas(4) int16_t clip[kClipSamples];

KwsParams params;
FeatureWindow window;
Cascade cascade;
Recognizer recognizer;

Status CheckModel(const Engine& engine) {
  const Task task = engine.metadata().task;
  if (task != Task::kKws && task != Task::kGeneric) return Status::kModelMismatch;
  KwsParams wanted = {};
  Bytes wake = {};
  Status status = ReadKwsParams(engine, &wanted, &wake);
  if (status == Status::kOk) status = cascade.Configure(engine, wake);
  if (status == Status::kOk) status = Classification::CheckOutput(engine);
  if (status != Status::kOk) return status;
  if (wanted.sample_rate_hz != hal::kMicrophoneHz) return Status::kModelMismatch;
  status = window.Configure(wanted);
  if (status != Status::kOk) return status;
  window.SetApart(engine.has_state());
  params = wanted;
  return Status::kOk;
}

void StartModel(const Engine& engine, SettingTable* settings) {
  recognizer.Reset();
  const bool has_params = engine.task_data().size != 0;
  SetEventDefaults(params, has_params ? engine.metadata().threshold : kMicroSpeechThreshold, settings);
  cascade.Start(settings);
}

Status Prepare(const Sample& sample, const Engine& engine) {
  if (sample.width != 1) return Status::kBadArgument;
  if (engine.has_state()) return Status::kUnsupported;  // a clip makes several windows
  const auto* samples = reinterpret_cast<const int16_t*>(sample.bytes.data);
  return window.OfClip(samples, sample.height, static_cast<int8_t*>(engine.input().data));
}

void Conclude(const Engine& engine, const SettingTable& settings, uint64_t time_us, Result* result) {
  cascade.Conclude(engine, result);
  ConcludeEvent(engine, settings, time_us, params.n_silent_labels, &recognizer, result);
  if (result->prediction.asleep != 0) result->margin = INT32_MAX;  // the large network was not run
}

/// "yes 93% at 12.34 s", counted from when the microphone was switched on; nothing between words.
void Describe(const Engine& engine, const Result& result, Text* text) {
  if (result.prediction.detected == 0) return;
  Classification::Describe(engine, result, text);
  const auto hundredths = static_cast<uint32_t>(result.prediction.position * 100 / hal::kMicrophoneHz);
  *text << " at " << hundredths / 100 << ".";
  text->Digits(hundredths % 100, 2) << " s";
}

Status Check(const hal::Sampling& sampling) {
  return sampling.rate_mhz == 0 || sampling.rate_mhz == params.sample_rate_hz * 1000 ? Status::kOk
                                                                                     : Status::kSampleRate;
}

void Restart(uint32_t /*rate_mhz*/) {
  if (!window.is_configured() && window.Configure(kMicroSpeechKwsParams) != Status::kOk) return;  // no model yet
  window.Reset();
}

size_t Take(const int16_t* samples, size_t n_samples, Completed* completed) {
  bool is_stride_complete = false;
  const size_t n_taken = window.Take(samples, n_samples, &is_stride_complete);
  if (!is_stride_complete) return n_taken;
  cascade.Pass(params.stride_ms);
  *completed = window.is_full() ? Completed::kWindow : Completed::kStride;
  return n_taken;
}

StrideFeatures Features() {
  return {window.newest(), static_cast<uint16_t>(window.n_features()), window.peak(), window.rms()};
}

Status Fill(const Engine& engine) {
  window.Copy(static_cast<int8_t*>(engine.input().data));
  return Status::kOk;
}

constexpr SampleInput kSampleInput = {
    .describe_sensor = hal::DescribeMicrophone,
    .start_sensor = hal::StartMicrophone,
    .stop_sensor = hal::StopMicrophone,
    .read_sensor = hal::ReadMicrophone,
    .n_channels = 1,
    .read_period_ms = 10,
    .check = Check,
    .restart = Restart,
    .take = Take,
    .features = Features,
    .fill = Fill,
    .window_samples = [] { return kClipSamples; },
};

constexpr Scoring kScoring = {
    .begin = [](const Engine& engine) { return cascade.last_operator(engine); },
    .watch = [](const Engine& engine) { return cascade.Listen(engine); },
    .score = [](const Engine&) { return cascade.score(); },
};

constexpr SelfTest kSelfTest = {.n_parts = hal::MicrophoneTestParts, .run = hal::TestMicrophone};

const App kApp = {
    .name = "kws",
    .sensor = SensorKind::kMicrophone,
    .arena = {arena, sizeof(arena)},
    .sample = {reinterpret_cast<uint8_t*>(clip), sizeof(clip)},
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
    .scoring = &kScoring,
};

}  // namespace

const App& TheApp() { return kApp; }

}  // namespace tinyhost
