// The camera of the virtual boards: it sees the scene that the host plays.
#include "hal/camera.h"

#include "boards/virtual/scene_channel.h"
#include "hal/clock.h"

namespace tinyhost::hal {

Status CaptureFrame(CameraResolution resolution, uint8_t* pixels, size_t capacity, CameraFrame* frame) {
  static SceneChannel channel(SceneSensor::kCamera);
  const bool window = resolution == CameraResolution::kWindow96;
  const uint16_t width = window ? 96 : 160;
  const uint16_t height = window ? 96 : 120;
  const size_t n_bytes = static_cast<size_t>(width) * height;
  if (n_bytes > capacity) return Status::kNoSpace;
  const uint64_t start_us = MicrosNow();
  SceneRequest request = {};
  request.width = width;
  request.height = height;
  SceneReply reply = {};
  const Status status = channel.Ask(request, &reply);
  if (status != Status::kOk) return status;
  if (reply.width != width || reply.height != height || reply.n_bytes != n_bytes) return Status::kSensorTimeout;
  *frame = {width, height, start_us};
  return channel.ReadBytes(pixels, n_bytes);
}

}  // namespace tinyhost::hal
