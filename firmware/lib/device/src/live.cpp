#include <algorithm>
#include <cstdio>

#include "device/device.h"
#include "hal/board.h"
#include "hal/clock.h"
#include "wire.h"

namespace tinyhost {
namespace {

constexpr uint64_t kTextPeriodUs = 200'000;  // a person reads along
constexpr uint64_t kFailedPeriodUs = 500'000;
constexpr uint64_t kTroublePeriodUs = 5'000'000;
constexpr size_t kMaxLineBytes = 256;

uint32_t Saturate(uint64_t ticks) { return static_cast<uint32_t>(std::min<uint64_t>(ticks, UINT32_MAX)); }

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

/// What to tell a person, and what to do about it.
const char* Explain(Status status) {
  switch (status) {
    case Status::kNoModel:
      return "no model: tinyhost push MODEL";
    case Status::kModelMismatch:
      return "the active model is not for this app: tinyhost push MODEL";
    case Status::kNoSensor:
      return "no camera";
    case Status::kSensorTimeout:
      return "the camera stopped in the middle of a frame";
    default:
      return StatusName(status);
  }
}

}  // namespace

/// Without a session the board predicts for whoever reads its text.
bool Device::PredictsLive() const { return !in_session_ || predictions_.is_on; }

uint64_t Device::NextLiveStep() const {
  uint64_t due_us = UINT64_MAX;
  if (PredictsLive()) due_us = predictions_.due_us;
  if (camera_.is_on) due_us = std::min(due_us, camera_.due_us);
  return due_us;
}

uint64_t Device::PredictionPeriodUs() const {
  const size_t index = settings_.Find(Setting::kPeriodMs);
  const uint64_t set_us = index == settings_.size() ? 0 : uint64_t(settings_.Info(index).value) * 1000;
  return std::max(set_us, in_session_ ? predictions_.period_us : kTextPeriodUs);
}

/// One capture, which serves both streams.
void Device::TakeLiveStep(uint64_t now_us) {
  const bool predicts = PredictsLive() && now_us >= predictions_.due_us;
  const bool shows = camera_.is_on && now_us >= camera_.due_us;
  LiveResult result = {};
  Status status = shows ? Status::kOk : app_status_;  // without a model a capture has no use
  uint64_t capture_ticks = 0;
  result.prediction.frame_index = picture_.n_captures();
  if (status == Status::kOk) status = Capture(&capture_ticks);
  const uint64_t timestamp_us = status == Status::kOk ? picture_.info().timestamp_us : now_us;
  if (shows) {
    camera_.due_us = now_us + (status == Status::kOk ? camera_.period_us : kFailedPeriodUs);
    if (status == Status::kOk) {
      const FrameInfo info = CameraInfo();
      SendStream(StreamId::kCamera, timestamp_us, {BytesOf(info), {picture_.pixels(), info.n_bytes}});
    }
  }
  if (predicts) {
    result.prediction.capture_ticks = Saturate(capture_ticks);
    result.prediction.status = status == Status::kOk ? app_status_ : status;
    if (result.prediction.status == Status::kOk) Predict(&result);
    status = result.prediction.status;
    predictions_.due_us = now_us + std::max(PredictionPeriodUs(), status == Status::kOk ? 0 : kFailedPeriodUs);
    if (in_session_) SendPrediction(result, timestamp_us);
    if (!in_session_ && status == Status::kOk) PrintPrediction(result);
  }
  ReportTrouble(status, now_us);
}

/// Runs the model on the picture; `result` says how that went.
void Device::Predict(LiveResult* result) {
  ForgetRun();
  Prediction* prediction = &result->prediction;
  const FrameInfo& info = picture_.info();
  const uint64_t start = hal::Ticks();
  prediction->status = app_.prepare({picture_.pixels(), info.width, info.height}, engine_);
  const uint64_t prepared = hal::Ticks();
  if (prediction->status == Status::kOk) prediction->status = engine_.Invoke();
  const uint64_t done = hal::Ticks();
  prediction->preprocess_ticks = Saturate(prepared - start);
  prediction->invoke_ticks = Saturate(done - prepared);
  if (prediction->status != Status::kOk) return;
  app_.conclude(engine_, settings_, result);
  const bool is_target = prediction->detected != 0 && prediction->top == engine_.metadata().target_label;
  const hal::LedState idle = in_session_ ? hal::LedState::kSession : hal::LedState::kIdle;
  hal::SetLed(is_target ? hal::LedState::kDetected : idle);
}

void Device::PrintPrediction(const LiveResult& result) {
  char words[64];
  char line[kMaxLineBytes];
  app_.describe(engine_, result, words, sizeof(words));
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
  Log(LogLevel::kWarning, Explain(status));
}

}  // namespace tinyhost
