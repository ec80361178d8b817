#include "device/looking.h"

#include <algorithm>

#include "hal/clock.h"
#include "wire.h"

namespace tinyhost {
namespace {

constexpr uint64_t kTextPeriodUs = 200'000;  // so that a person can follow

}  // namespace

const PictureLoop kPictureLoop = {
    .next_step_us = [](const Looking& looking) { return looking.NextStepUs(); },
    .step = [](Looking* looking, uint64_t now_us) { return looking->Step(now_us); },
    .on_snapshot = [](Looking* looking, const Request& request) { looking->OnSnapshot(request); },
};

uint64_t Looking::NextStepUs() const {
  const Stream& camera = streams_[StreamId::kCamera];
  uint64_t due_us = UINT64_MAX;
  if (predictions_.AreWanted()) due_us = streams_[StreamId::kPredictions].due_us;
  if (camera.is_on) due_us = std::min(due_us, camera.due_us);
  return due_us;
}

Status Looking::Step(uint64_t now_us) {
  Stream& predictions = streams_[StreamId::kPredictions];
  Stream& camera = streams_[StreamId::kCamera];
  const bool predicts = predictions_.AreWanted() && now_us >= predictions.due_us;
  const bool shows = camera.is_on && now_us >= camera.due_us;
  Result result = {};
  Status status = shows ? Status::kOk : runner_.status();  // without a model, a picture is only of use to its stream
  uint64_t capture_ticks = 0;
  result.prediction.position = sample_.n_captures();
  if (status == Status::kOk) status = sample_.Capture(&capture_ticks);
  const uint64_t timestamp_us = status == Status::kOk ? sample_.frame().timestamp_us : now_us;
  if (shows) {
    camera.due_us = now_us + (status == Status::kOk ? camera.period_us : kFailedPeriodUs);
    if (status == Status::kOk) SendPicture(timestamp_us);
  }
  if (!predicts) return status;
  result.prediction.capture_ticks = Saturate(capture_ticks);
  result.prediction.status = status == Status::kOk ? runner_.status() : status;
  if (result.prediction.status == Status::kOk) Predict(timestamp_us, &result);
  status = result.prediction.status;
  predictions.due_us = now_us + std::max(PredictionPeriodUs(), status == Status::kOk ? 0 : kFailedPeriodUs);
  predictions_.Show(result, timestamp_us);
  return status;
}

uint64_t Looking::PredictionPeriodUs() const {
  const uint64_t wanted_us = host_.in_session() ? streams_[StreamId::kPredictions].period_us : kTextPeriodUs;
  return std::max(predictions_.PeriodSettingUs(), wanted_us);
}

void Looking::Predict(uint64_t timestamp_us, Result* result) {
  const FrameInfo& frame = sample_.frame();
  uint64_t ticks = 0;
  result->prediction.status =
      runner_.PrepareSample({{sample_.bytes(), frame.n_bytes}, frame.width, frame.height}, &ticks);
  result->prediction.preprocess_ticks = Saturate(ticks);
  if (result->prediction.status != Status::kOk) return;
  runner_.Predict(timestamp_us, result);
  unsure_.KeepPicture(*result, timestamp_us);
}

void Looking::SendPicture(uint64_t timestamp_us) {
  const FrameInfo frame = sample_.FrameWithCrc();
  streams_.Send(StreamId::kCamera, timestamp_us, {BytesOf(frame), {sample_.bytes(), frame.n_bytes}});
}

void Looking::OnSnapshot(const Request& request) {
  if (!sample_.is_captured() || !last_snapshot_.IsRepeatedBy(request)) {
    uint64_t ticks = 0;
    const Status status = sample_.Capture(&ticks);
    if (status != Status::kOk) return host_.Refuse(request, status);
    last_snapshot_.Remember(request);
  }
  const FrameInfo frame = sample_.FrameWithCrc();
  host_.Reply(request, {BytesOf(frame)});
}

}  // namespace tinyhost
