#include "boards/virtual/sampled_sensor.h"

#include <algorithm>

#include "hal/clock.h"

namespace tinyhost::hal {
namespace {

constexpr uint64_t kSilenceUs = 1'000'000;      // a sensor that has been silent for so long has stopped
constexpr uint8_t kSwitchOn = 1, kOnlyAsk = 2;  // SceneRequest.start

}  // namespace

Status SampledSensor::AskSampling(uint8_t start, Sampling* sampling) {
  SceneRequest request = {};
  request.start = start;
  request.width = n_channels_;
  SceneReply reply = {};
  const Status status = channel_.Ask(request, &reply);
  if (status != Status::kOk) return status;
  if (reply.rate_mhz == 0 || reply.width != n_channels_) return Status::kNoSensor;
  *sampling = {reply.rate_mhz, reply.scale, n_channels_};
  return Status::kOk;
}

Status SampledSensor::Describe(SensorDescription* description) {
  description->chip = "";
  return AskSampling(kOnlyAsk, &description->sampling);
}

Status SampledSensor::Start(Sampling* sampling) {
  const Status status = AskSampling(kSwitchOn, sampling);
  if (status != Status::kOk) return status;
  start_us_ = last_sample_us_ = MicrosNow();
  is_on_ = true;
  return Status::kOk;
}

Status SampledSensor::Read(int16_t* samples, size_t max, SampleBlock* block) {
  if (!is_on_) return Status::kBadState;
  SceneRequest request = {};
  request.width = n_channels_;
  request.max_samples = static_cast<uint16_t>(std::min<size_t>(max, UINT16_MAX));
  SceneReply reply = {};
  const Status status = channel_.Ask(request, &reply);
  if (status != Status::kOk) return status;
  const size_t n_bytes = size_t{reply.height} * n_channels_ * sizeof(int16_t);
  const bool fits = reply.height <= max && reply.width == n_channels_ && reply.n_bytes == n_bytes;
  if (!fits || reply.rate_mhz == 0) return Status::kSensorTimeout;
  const uint64_t now_us = MicrosNow();
  if (reply.height != 0) last_sample_us_ = now_us;
  if (now_us - last_sample_us_ > kSilenceUs) return Status::kSensorTimeout;
  const uint64_t age_us = reply.position * 1'000'000'000 / reply.rate_mhz;
  *block = {reply.height, reply.position, start_us_ + age_us, reply.lost, reply.n_waiting};
  return channel_.ReadBytes(samples, n_bytes);
}

}  // namespace tinyhost::hal
