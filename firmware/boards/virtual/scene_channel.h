#pragma once

#include <cstddef>
#include <cstdint>

#include "boards/virtual/scene_messages.h"
#include "core/status.h"

namespace tinyhost::hal {

/// One sensor's channel to the scene that the host plays; the protocol is in protocol/scene.toml.
class SceneChannel {
 public:
  explicit SceneChannel(SceneSensor sensor) : sensor_(sensor) {}

  /// Sends a request and waits for the answer. `request` needs no magic, seq or sensor. Returns kNoSensor if no scene
  /// is played to this sensor, kSensorTimeout if there is no answer within 0.9 s, otherwise the reply's status.
  Status Ask(SceneRequest request, SceneReply* reply);
  /// Reads what follows the last reply. Returns kSensorTimeout if not all of it comes.
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
