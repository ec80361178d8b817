#pragma once

#include <array>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "boards/virtual/scene_messages.h"
#include "emulator/system/log.h"

namespace tinyhost::emulator {

/// One sensor's channel to the scene that the host plays, in the working directory; the protocol is in
/// protocol/scene.toml. Like SceneChannel of the virtual boards, but it need not wait.
class ScenePipe {
 public:
  explicit ScenePipe(SceneSensor sensor);
  ~ScenePipe() { Close(); }
  ScenePipe(const ScenePipe&) = delete;
  ScenePipe& operator=(const ScenePipe&) = delete;

  /// Whether somebody plays a scene here.
  bool is_there();
  /// Sends a request. Returns false if nobody plays a scene.
  bool Send(SceneRequest request);
  /// The reply to the last request, once it has come; its bytes follow in `data`.
  std::optional<SceneReply> Receive(std::vector<uint8_t>* data);
  /// Sends a request and waits for the reply, at most 0.9 s of the computer's time.
  std::optional<SceneReply> Ask(SceneRequest request, std::vector<uint8_t>* data);

 private:
  bool Open();
  void Close();

  const SceneSensor sensor_;
  const std::string request_path_;
  const std::string reply_path_;
  int request_file_ = -1;
  int reply_file_ = -1;
  uint32_t seq_ = 0;
};

/// Sound or motion of a scene, as a function of time.
///
/// The host plays it by the computer's clock, and gives nothing ahead of time; the emulator's time runs a little before
/// or behind that. So the sensor senses what the scene gave kDelayS ago. If that has not come yet, the emulator waits
/// for it, once for all that is late; if it does not come, the sensor senses rest. An emulator that has fallen behind
/// the computer by more than the buffer keeps skips that part of the scene.
class SceneSamples {
 public:
  static constexpr size_t kMaxChannels = 6;
  static constexpr double kDelayS = 0.04;

  SceneSamples(Log& log, SceneSensor sensor, size_t n_channels)
      : log_(log), pipe_(sensor), sensor_(sensor), n_channels_(n_channels) {}

  /// Begins the scene again. Without one, there is only rest.
  void Start();
  void Stop() { is_on_ = false; }
  /// Fetches what has come. Call it often.
  void Poll();
  /// The values in the scene's unit (full scale, or g and degrees per second) at a time since the start; false if
  /// nothing is sensed. Values are interpolated linearly between two samples: at the scene's own rate and phase nothing
  /// is changed.
  bool At(double since_start_s, std::array<double, kMaxChannels>* values);

 private:
  bool Await(uint64_t index);
  void LeaveOut(uint64_t n_samples);
  void Take(const SceneReply& reply, const std::vector<uint8_t>& data);
  bool Has(uint64_t index) const;

  Log& log_;
  ScenePipe pipe_;
  const SceneSensor sensor_;
  const size_t n_channels_;
  bool is_on_ = false;
  bool is_asking_ = false;
  double rate_hz_ = 0;
  double scale_ = 0;
  bool is_patient_ = true;    // no wait was in vain since the last samples came
  int64_t n_delay_ = 0;       // samples; negative once more than the delay was skipped
  uint64_t first_index_ = 0;  // of samples_
  std::deque<int16_t> samples_;
  uint32_t n_lost_ = 0;
};

}  // namespace tinyhost::emulator
