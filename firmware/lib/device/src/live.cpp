#include <algorithm>
#include <cstdio>

#include "device/device.h"
#include "hal/board.h"
#include "hal/clock.h"
#include "wire.h"

namespace tinyhost {
namespace {

constexpr uint64_t kTroublePeriodUs = 5'000'000;
constexpr uint64_t kLitUs = 500'000;  // after what lasts but a moment, so that people see it
constexpr size_t kMaxLineBytes = 256;

struct DurationText {
  char text[40];
};

/// "12.3 ms", or where a tick is not a time "1234567 instructions".
DurationText Format(uint32_t ticks) {
  DurationText duration;
  const uint32_t hz = hal::TickHz();
  if (hz == 0) {
    std::snprintf(duration.text, sizeof(duration.text), "%lu %s", static_cast<unsigned long>(ticks), hal::TickUnit());
  } else {
    const auto tenths_ms = static_cast<unsigned long>((uint64_t{ticks} * 10'000 + hz / 2) / hz);
    std::snprintf(duration.text, sizeof(duration.text), "%lu.%lu ms", tenths_ms / 10, tenths_ms % 10);
  }
  return duration;
}

const char* NameOf(SensorKind sensor) {
  switch (sensor) {
    case SensorKind::kCamera:
      return "camera";
    case SensorKind::kMicrophone:
      return "microphone";
    case SensorKind::kAccelerometer:
      return "accelerometer";
  }
  return "sensor";
}

}  // namespace

/// Without a session the board predicts for whoever reads its text.
bool Device::PredictsLive() const { return !in_session_ || predictions_.is_on; }

uint64_t Device::NextLiveStep() const {
  if (app_.listening != nullptr) return WantsSensor() || PredictsLive() ? listen_due_us_ : UINT64_MAX;
  uint64_t due_us = UINT64_MAX;
  if (PredictsLive()) due_us = predictions_.due_us;
  if (camera_.is_on) due_us = std::min(due_us, camera_.due_us);
  return due_us;
}

void Device::TakeLiveStep(uint64_t now_us) {
  const Status status = app_.listening != nullptr ? Listen(now_us) : Look(now_us);
  ReportTrouble(status, now_us);
}

uint64_t Device::PeriodSettingUs() const {
  const size_t index = settings_.Find(Setting::kPeriodMs);
  return index == settings_.size() ? 0 : uint64_t(settings_.Info(index).value) * 1000;
}

/// Runs operators [first, end), which lets the app see what it needs for its score; `ticks`, if given, receives one
/// count for each operator.
Status Device::RunOperators(size_t first, size_t end, uint32_t* ticks) {
  const Scoring* scoring = app_status_ == Status::kOk ? app_.scoring : nullptr;
  const TickSource now = ticks == nullptr ? nullptr : hal::Ticks;
  if (scoring == nullptr) return engine_.InvokeRange(first, end, now, ticks);
  if (first == 0) watched_ = scoring->begin(engine_);
  if (watched_ < first || watched_ + 1 >= end) {
    const Status status = engine_.InvokeRange(first, end, now, ticks);
    if (status == Status::kOk && watched_ + 1 == end) scoring->watch(engine_);
    return status;
  }
  Status status = engine_.InvokeRange(first, watched_ + 1, now, ticks);
  if (status != Status::kOk) return status;
  scoring->watch(engine_);
  return engine_.InvokeRange(watched_ + 1, end, now, ticks == nullptr ? nullptr : ticks + (watched_ + 1 - first));
}

/// Runs the model on what is in its input tensor; `result` says how that went.
void Device::Predict(uint64_t time_us, Result* result) {
  Prediction* prediction = &result->prediction;
  const uint64_t start = hal::Ticks();
  prediction->status = RunOperators(0, engine_.n_operators(), nullptr);
  if (prediction->status == Status::kOk && app_.scoring != nullptr) prediction->score = app_.scoring->score(engine_);
  prediction->invoke_ticks = Saturate(hal::Ticks() - start);
  if (prediction->status != Status::kOk) return;
  app_.conclude(engine_, settings_, time_us, result);
}

/// To whoever is there: the host, or a person.
void Device::Show(const Result& result, uint64_t timestamp_us) {
  const Prediction& prediction = result.prediction;
  if (prediction.status == Status::kOk) {
    const bool listens = app_.listening != nullptr;
    const bool is_target = prediction.detected != 0 && (listens || prediction.top == engine_.metadata().target_label);
    const uint64_t now_us = hal::MicrosNow();
    if (is_target) lit_until_us_ = now_us + (listens ? kLitUs : 0);
    const hal::LedState idle = in_session_ ? hal::LedState::kSession : hal::LedState::kIdle;
    hal::SetLed(is_target || now_us < lit_until_us_ ? hal::LedState::kDetected : idle);
    if (!in_session_) PrintPrediction(result);
  }
  if (in_session_) SendPrediction(result, timestamp_us);
}

void Device::PrintPrediction(const Result& result) {
  char words[64];
  char line[kMaxLineBytes];
  app_.describe(engine_, result, words, sizeof(words));
  if (words[0] == 0) return;
  std::snprintf(line, sizeof(line), "%s (capture %s, preprocess %s, invoke %s)", words,
                Format(result.prediction.capture_ticks).text, Format(result.prediction.preprocess_ticks).text,
                Format(result.prediction.invoke_ticks).text);
  Log(LogLevel::kInfo, line);
}

/// Says what keeps the live loop from working: when it changes, and now and then as long as it lasts.
void Device::ReportTrouble(Status status, uint64_t now_us) {
  const bool is_news = status != trouble_;
  trouble_ = status;
  if (status == Status::kOk) return;
  if (!is_news && (in_session_ || now_us < trouble_due_us_)) return;
  trouble_due_us_ = now_us + kTroublePeriodUs;
  hal::SetLed(hal::LedState::kFault);
  char line[kMaxLineBytes];
  switch (status) {
    case Status::kNoModel:
      return Log(LogLevel::kWarning, "no model: tinyhost push MODEL");
    case Status::kModelMismatch:
      return Log(LogLevel::kWarning, "the active model is not for this app: tinyhost push MODEL");
    case Status::kNoSensor:
      std::snprintf(line, sizeof(line), "no %s", NameOf(app_.sensor));
      return Log(LogLevel::kWarning, line);
    case Status::kSensorTimeout:
      std::snprintf(line, sizeof(line), "the %s stopped in the middle", NameOf(app_.sensor));
      return Log(LogLevel::kWarning, line);
    default:
      return Log(LogLevel::kWarning, StatusName(status));
  }
}

}  // namespace tinyhost
