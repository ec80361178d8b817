// Anomaly detection: accelerometer -> features of a window -> model -> score -> alarm.
#include <algorithm>
#include <cstdio>
#include <cstring>

#include "anomaly/alarm.h"
#include "anomaly/motion_window.h"
#include "anomaly/params.h"
#include "anomaly/score.h"
#include "device/app.h"
#include "hal/accelerometer.h"

namespace tinyhost {
namespace {

constexpr int32_t kDefaultThreshold = 1 << kScoreFractionBits;

constexpr SettingSpec kSettings[] = {
    {Setting::kPeriodMs, 0, 60'000, 0},
    {Setting::kThreshold, 0, INT32_MAX, kDefaultThreshold},  // of this and the next ones a model has its own defaults
    {Setting::kHysteresis, 0, INT32_MAX, 0},
    {Setting::kRaiseWindows, 1, UINT16_MAX, 1},
    {Setting::kClearWindows, 1, UINT16_MAX, 1},
};

constexpr size_t kMaxEmbedding = 256;
constexpr uint32_t kRateTolerance = 32;  // a model's windows are of another length in time if rates differ by 1/32

alignas(16) uint8_t arena[24 * 1024];
alignas(4) int16_t sample[kMaxFftPoints * kMotionAxes];
int8_t seen_input[kMaxScoreElements];
int8_t seen_embedding[kMaxEmbedding];

AnomalyView view;
bool has_features = false;  // the model says how its input is made of samples, and scored
AnomalyScorer scorer;
ReconstructionScale reconstruction;
MotionWindow window;
Alarm alarm;
ScoreBaseline baseline;
hal::Sampling sampling;

size_t EmbeddingOperator(const Engine& engine) {
  return has_features && view.uses_embedding() ? view.params->embedding_operator : engine.n_operators();
}

/// A model made for this app: `view` is of its task data.
Status CheckOwnModel(const Engine& engine) {
  const size_t n_operators = engine.n_operators();
  TensorView embedding = engine.output();
  if (view.uses_embedding()) {
    if (view.params->embedding_operator >= n_operators) return Status::kModelMismatch;
    embedding = engine.operator_output(view.params->embedding_operator);
    if (embedding.n_bytes > kMaxEmbedding) return Status::kModelMismatch;
  }
  const Status status = scorer.Configure(view, engine.input(), engine.output(), embedding);
  return status == Status::kOk ? window.Configure(view) : status;
}

/// Any autoencoder without task data has its reconstruction error as score; samples cannot be its input.
Status CheckModel(const Engine& engine) {
  has_features = false;
  window.Unconfigure();
  const Task task = engine.metadata().task;
  if (task != Task::kAnomaly && task != Task::kGeneric) return Status::kModelMismatch;
  Status status = OpenAnomalyParams(engine.task_data(), &view);
  if (status == Status::kNoModel) return ReconstructionScale::From(engine.input(), engine.output(), &reconstruction);
  if (status == Status::kOk) status = CheckOwnModel(engine);
  has_features = status == Status::kOk;
  return status;
}

void StartModel(const Engine&, SettingTable* settings) {
  alarm.Reset();
  if (!has_features) return;
  const AnomalyParams& params = *view.params;
  baseline.Seed(params.baseline_score, params.baseline_shift);
  settings->SetDefault(Setting::kThreshold, params.threshold);
  settings->SetDefault(Setting::kHysteresis, params.hysteresis);
  settings->SetDefault(Setting::kRaiseWindows, params.raise_windows);
  settings->SetDefault(Setting::kClearWindows, params.clear_windows);
}

Status Prepare(const Sample& given, const Engine& engine) {
  if (!has_features) return Status::kModelMismatch;
  if (given.width != kMotionAxes || given.height != view.motion.n_fft) return Status::kBadArgument;
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
}

/// "ALARM 2.31" or "normal 0.27".
void Describe(const Engine&, const Result& result, char* text, size_t text_bytes) {
  const auto hundredths = static_cast<unsigned long>((int64_t{result.prediction.score} * 100) >> kScoreFractionBits);
  const char* state = result.prediction.detected != 0 ? "ALARM" : "normal";
  std::snprintf(text, text_bytes, "%s %lu.%02lu", state, hundredths / 100, hundredths % 100);
}

Status StartSensor(hal::Sampling* started) {
  const Status status = hal::StartAccelerometer(started);
  if (status == Status::kOk) sampling = *started;
  return status;
}

/// A model knows one rate: at another one, its bands are other frequencies.
Status CheckListening() {
  if (!has_features) return Status::kModelMismatch;
  const uint32_t wanted = view.params->rate_mhz;
  const uint32_t off = sampling.rate_mhz > wanted ? sampling.rate_mhz - wanted : wanted - sampling.rate_mhz;
  return sampling.rate_mhz == 0 || off <= wanted / kRateTolerance ? Status::kOk : Status::kModelMismatch;
}

void Restart() { window.Reset(); }

size_t Take(const int16_t* samples, size_t n_samples, Heard* heard) {
  bool is_hop_complete = false;
  const size_t n_taken = window.Take(samples, n_samples, &is_hop_complete);
  if (is_hop_complete) *heard = window.is_full() ? Heard::kWindow : Heard::kStride;
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

size_t BeginScore(const Engine& engine) {
  std::memcpy(seen_input, engine.input().data, std::min(sizeof(seen_input), engine.input().n_bytes));
  return EmbeddingOperator(engine);
}

void SeeEmbedding(const Engine& engine) {
  const TensorView embedding = engine.operator_output(EmbeddingOperator(engine));
  std::memcpy(seen_embedding, embedding.data, embedding.n_bytes);
}

int32_t Score(const Engine& engine) {
  const auto* output = static_cast<const int8_t*>(engine.output().data);
  if (has_features) return scorer.Score(seen_input, output, seen_embedding).score;
  return ReconstructionError(seen_input, output, engine.input().n_bytes, reconstruction);
}

constexpr Listening kListening = {
    StartSensor,
    hal::StopAccelerometer,
    hal::ReadAccelerometer,
    kMotionAxes,
    50,
    CheckListening,
    Restart,
    Take,
    Features,
    Fill,
};
constexpr Scoring kScoring = {BeginScore, SeeEmbedding, Score};

constexpr SelfTest kSelfTest = {hal::AccelerometerTestParts, hal::TestAccelerometer};

const App kApp = {
    "anomaly",
    SensorKind::kAccelerometer,
    {arena, sizeof(arena)},
    {reinterpret_cast<uint8_t*>(sample), sizeof(sample)},
    kSettings,
    sizeof(kSettings) / sizeof(kSettings[0]),
    CheckModel,
    StartModel,
    Prepare,
    Conclude,
    Describe,
    nullptr,
    &kListening,
    &kScoring,
    &kSelfTest,
};

}  // namespace

const App& TheApp() { return kApp; }

}  // namespace tinyhost
