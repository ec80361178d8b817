#include "device/predictions.h"

#include "hal/board.h"
#include "hal/clock.h"
#include "wire.h"

namespace tinyhost {
namespace {

constexpr uint64_t kLitUs = 500'000;  // a momentary detection is shown this long, so that people see it

/// "12.3 ms", or "1234567 instructions" if a tick is not a time.
void AddDuration(uint32_t ticks, Text* text) {
  const uint32_t hz = hal::TickHz();
  if (hz == 0) {
    *text << ticks << " " << hal::TickUnit();
  } else {
    const auto tenths_ms = static_cast<uint32_t>((uint64_t{ticks} * 10'000 + hz / 2) / hz);
    *text << tenths_ms / 10 << "." << tenths_ms % 10 << " ms";
  }
}

}  // namespace

std::array<Bytes, 4> PiecesOf(const Result& result) {
  const size_t n = result.prediction.n_classes;
  return {BytesOf(result.prediction),
          {reinterpret_cast<const uint8_t*>(result.scores), n},
          {reinterpret_cast<const uint8_t*>(result.smoothed), n},
          {reinterpret_cast<const uint8_t*>(result.objects), result.prediction.n_objects * sizeof(DetectedObject)}};
}

bool Predictions::AreWanted() const {
  return host_.in_session() ? streams_[StreamId::kPredictions].is_on : app_.text_commands == nullptr;
}

uint64_t Predictions::PeriodSettingUs() const {
  const size_t index = settings_.Find(Setting::kPeriodMs);
  return index == settings_.size() ? 0 : uint64_t(settings_.Info(index).value) * 1000;
}

void Predictions::Show(const Result& result, uint64_t timestamp_us) {
  if (result.prediction.status == Status::kOk) {
    ShowOnLed(result.prediction);
    if (!host_.in_session()) Print(result);
  }
  if (!host_.in_session()) return;
  const std::array<Bytes, 4> pieces = PiecesOf(result);
  streams_.Send(StreamId::kPredictions, timestamp_us, {pieces[0], pieces[1], pieces[2], pieces[3]});
}

/// A detection in a continuous signal lasts only a moment; a picture shows the target as long as it is there.
void Predictions::ShowOnLed(const Prediction& prediction) {
  const bool is_momentary = app_.sample_input != nullptr;
  const bool is_target =
      prediction.detected != 0 && (is_momentary || prediction.top == runner_.engine().metadata().target_label);
  const uint64_t now_us = hal::MicrosNow();
  if (is_target) lit_until_us_ = now_us + (is_momentary ? kLitUs : 0);
  const hal::LedState idle = host_.in_session() ? hal::LedState::kSession : hal::LedState::kIdle;
  hal::SetLed(is_target || now_us < lit_until_us_ ? hal::LedState::kDetected : idle);
}

void Predictions::Print(const Result& result) {
  char line[kMaxLineBytes];
  Text text(line, sizeof(line));
  app_.describe(runner_.engine(), result, &text);
  if (line[0] == 0) return;
  text << " (capture ";
  AddDuration(result.prediction.capture_ticks, &text);
  text << ", preprocess ";
  AddDuration(result.prediction.preprocess_ticks, &text);
  text << ", invoke ";
  AddDuration(result.prediction.invoke_ticks, &text);
  text << ")";
  host_.Log(LogLevel::kInfo, line);
}

}  // namespace tinyhost
