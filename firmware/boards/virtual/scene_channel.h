#pragma once

#include <cstddef>
#include <cstdint>

#include "boards/virtual/scene_messages.h"
#include "core/status.h"

namespace tinyhost::hal {

/// One sensor's way to the scene that the host plays. protocol/scene.toml says how the two talk.
class SceneChannel {
 public:
  explicit SceneChannel(SceneSensor sensor) : sensor_(sensor) {}

  /// Asks, and waits for the answer. `request` needs no magic, seq or sensor.
  /// kNoSensor: no scene is played to it; kSensorTimeout: no answer within 0.9 s; else what the reply says.
  Status Ask(SceneRequest request, SceneReply* reply);
  /// Reads what follows the last reply. kSensorTimeout: it has not all come.
  Status ReadBytes(void* bytes, size_t n_bytes);

 private:
  bool Open();
  bool AwaitReply(uint32_t seq, SceneReply* reply);

  const SceneSensor sensor_;
  int request_file_ = -1;
  int reply_file_ = -1;
  uint32_t last_seq_ = 0;
};

}  // namespace tinyhost::hal
