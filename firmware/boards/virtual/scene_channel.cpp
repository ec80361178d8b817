#include "boards/virtual/scene_channel.h"

#include "boards/virtual/host_file.h"
#include "hal/clock.h"

namespace tinyhost::hal {
namespace {

constexpr uint64_t kReplyTimeoutUs = 900'000;  // hal::CaptureFrame returns within a second

struct ChannelPaths {
  const char* request;
  const char* reply;
};

ChannelPaths PathsOf(SceneSensor sensor) {
  switch (sensor) {
    case SceneSensor::kMicrophone:
      return {"microphone.request", "microphone.reply"};
    case SceneSensor::kAccelerometer:
      return {"accelerometer.request", "accelerometer.reply"};
    case SceneSensor::kCamera:
      break;
  }
  return {"camera.request", "camera.reply"};
}

}  // namespace

Status SceneChannel::Ask(SceneRequest request, SceneReply* reply) {
  if (!Open()) return Status::kNoSensor;
  request.magic = kSceneMagic;
  request.seq = ++last_seq_;
  request.sensor = sensor_;
  if (!host::SendFile(request_file_, &request, sizeof request)) return Status::kNoSensor;
  return AwaitReply(request.seq, reply) ? reply->status : Status::kSensorTimeout;
}

Status SceneChannel::ReadBytes(void* bytes, size_t n_bytes) {
  const bool is_whole = host::ReadFile(reply_file_, sizeof(SceneReply), bytes, n_bytes) == n_bytes;
  return is_whole ? Status::kOk : Status::kSensorTimeout;
}

bool SceneChannel::Open() {
  if (reply_file_ >= 0) return true;
  const ChannelPaths paths = PathsOf(sensor_);
  if (request_file_ < 0) request_file_ = host::OpenFile(paths.request);
  if (request_file_ < 0) return false;
  reply_file_ = host::OpenFile(paths.reply);
  if (reply_file_ < 0) return false;
  SceneReply old = {};  // to an earlier run of this firmware: its number must not be taken for an answer to this one
  if (host::ReadFile(reply_file_, 0, &old, sizeof old) == sizeof old) last_seq_ = old.seq;
  return true;
}

bool SceneChannel::AwaitReply(uint32_t seq, SceneReply* reply) {
  const uint64_t start_us = MicrosNow();
  do {
    const size_t n = host::ReadFile(reply_file_, 0, reply, sizeof *reply);
    if (n == sizeof *reply && reply->magic == kSceneMagic && reply->seq == seq) return true;
    host::Pause();
  } while (MicrosNow() - start_us < kReplyTimeoutUs);
  return false;
}

}  // namespace tinyhost::hal
