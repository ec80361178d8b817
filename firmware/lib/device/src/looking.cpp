#include <algorithm>

#include "core/crc32.h"
#include "device/device.h"
#include "hal/clock.h"
#include "wire.h"

namespace tinyhost {
namespace {

constexpr uint64_t kTextPeriodUs = 200'000;  // a person reads along

}  // namespace

uint64_t Device::PredictionPeriodUs() const {
  return std::max(PeriodSettingUs(), in_session_ ? predictions_.period_us : kTextPeriodUs);
}

/// One capture, which serves both streams.
Status Device::Look(uint64_t now_us) {
  const bool predicts = PredictsLive() && now_us >= predictions_.due_us;
  const bool shows = camera_.is_on && now_us >= camera_.due_us;
  Result result = {};
  Status status = shows ? Status::kOk : app_status_;  // without a model a capture has no use
  uint64_t capture_ticks = 0;
  result.prediction.position = sample_.n_captures();
  if (status == Status::kOk) status = Capture(&capture_ticks);
  const uint64_t timestamp_us = status == Status::kOk ? sample_.info().timestamp_us : now_us;
  if (shows) {
    camera_.due_us = now_us + (status == Status::kOk ? camera_.period_us : kFailedPeriodUs);
    if (status == Status::kOk) SendPicture(timestamp_us);
  }
  if (!predicts) return status;
  result.prediction.capture_ticks = Saturate(capture_ticks);
  result.prediction.status = status == Status::kOk ? app_status_ : status;
  if (result.prediction.status == Status::kOk) PredictPicture(timestamp_us, &result);
  status = result.prediction.status;
  predictions_.due_us = now_us + std::max(PredictionPeriodUs(), status == Status::kOk ? 0 : kFailedPeriodUs);
  Show(result, timestamp_us);
  return status;
}

void Device::PredictPicture(uint64_t timestamp_us, Result* result) {
  ForgetRun();
  const FrameInfo& info = sample_.info();
  const uint64_t start = hal::Ticks();
  result->prediction.status = app_.prepare({{sample_.bytes(), info.n_bytes}, info.width, info.height}, engine_);
  result->prediction.preprocess_ticks = Saturate(hal::Ticks() - start);
  if (result->prediction.status == Status::kOk) Predict(timestamp_us, result);
}

void Device::SendPicture(uint64_t timestamp_us) {
  const FrameInfo info = CameraInfo();
  SendStream(StreamId::kCamera, timestamp_us, {BytesOf(info), {sample_.bytes(), info.n_bytes}});
}

FrameInfo Device::CameraInfo() const {
  FrameInfo info = sample_.info();
  info.crc32 = Crc32(sample_.bytes(), info.n_bytes);
  return info;
}

Status Device::Capture(uint64_t* ticks) {
  const uint64_t start = hal::Ticks();
  const Status status = sample_.Capture(app_, settings_);
  *ticks = hal::Ticks() - start;
  return status;
}

void Device::OnSnapshot(const Request& request) {
  if (!sample_.is_captured() || !IsRepeat(request, last_snapshot_)) {
    uint64_t ticks = 0;
    const Status status = Capture(&ticks);
    if (status != Status::kOk) return Refuse(request, status);
    last_snapshot_ = Remember(request);
  }
  const FrameInfo info = CameraInfo();
  Reply(request, {BytesOf(info)});
}

}  // namespace tinyhost
