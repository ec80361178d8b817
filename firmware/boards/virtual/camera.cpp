// The camera of the virtual boards: it sees the scene that the host plays. protocol/scene.toml says how the two talk.
#include "hal/camera.h"

#include "boards/virtual/host_file.h"
#include "boards/virtual/scene_messages.h"
#include "hal/clock.h"

namespace tinyhost::hal {
namespace {

constexpr uint64_t kReplyTimeoutUs = 900'000;  // CaptureFrame returns within a second

int request_file = -1;
int reply_file = -1;
uint32_t last_seq = 0;

bool OpenChannel() {
  if (reply_file >= 0) return true;
  if (request_file < 0) request_file = host::OpenFile("camera.request");
  if (request_file < 0) return false;
  reply_file = host::OpenFile("camera.reply");
  if (reply_file < 0) return false;
  SceneReply old = {};  // to an earlier run of this firmware: its number must not be taken for an answer to us
  if (host::ReadFile(reply_file, 0, &old, sizeof old) == sizeof old) last_seq = old.seq;
  return true;
}

bool AwaitReply(uint32_t seq, SceneReply* reply) {
  const uint64_t start_us = MicrosNow();
  do {
    const size_t n = host::ReadFile(reply_file, 0, reply, sizeof *reply);
    if (n == sizeof *reply && reply->magic == kSceneMagic && reply->seq == seq) return true;
    host::Pause();
  } while (MicrosNow() - start_us < kReplyTimeoutUs);
  return false;
}

}  // namespace

Status CaptureFrame(CameraResolution resolution, uint8_t* pixels, size_t capacity, CameraFrame* frame) {
  const bool window = resolution == CameraResolution::kWindow96;
  const uint16_t width = window ? 96 : 160;
  const uint16_t height = window ? 96 : 120;
  const size_t n_bytes = static_cast<size_t>(width) * height;
  if (n_bytes > capacity) return Status::kNoSpace;
  if (!OpenChannel()) return Status::kNoSensor;

  const uint64_t start_us = MicrosNow();
  const SceneRequest request = {kSceneMagic, ++last_seq, SceneSensor::kCamera, {}, width, height};
  if (!host::SendFile(request_file, &request, sizeof request)) return Status::kNoSensor;
  SceneReply reply = {};
  if (!AwaitReply(request.seq, &reply)) return Status::kSensorTimeout;
  if (reply.status != Status::kOk) return reply.status;
  if (reply.width != width || reply.height != height || reply.n_bytes != n_bytes) return Status::kSensorTimeout;
  if (host::ReadFile(reply_file, sizeof reply, pixels, n_bytes) != n_bytes) return Status::kSensorTimeout;
  *frame = {width, height, start_us};
  return Status::kOk;
}

}  // namespace tinyhost::hal
