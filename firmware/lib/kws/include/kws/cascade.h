#pragma once

#include <cstddef>
#include <cstdint>

#include "core/bytes.h"
#include "core/status.h"
#include "device/app.h"
#include "engine/image_format.h"

namespace tinyhost {

/// A model of two networks, of which the second one runs only when the first one hears something, and for a while
/// after that. A model of one network is always awake.
class Cascade {
 public:
  /// Reads what stands behind a model's KwsParams. kImageMetadata: it is no WakeParams; kModelMismatch: the model is
  /// not what it says. Then the model is of one network, as it is if nothing stands there.
  Status Configure(const Engine& engine, Bytes wake);
  /// Sets the model's own defaults of the settings, which count from here on.
  void Start(SettingTable* settings);
  /// So much sound has passed.
  void Pass(uint32_t ms) { awake_ms_ = awake_ms_ > ms ? awake_ms_ - ms : 0; }

  /// The first network's last operator; n_operators() of a model of one network.
  size_t last_operator(const Engine& engine) const;
  /// After that operator: whether the second network is to run.
  bool Listen(const Engine& engine);
  int32_t score() const { return score_; }

  /// After an inference: if the second network did not run, its output becomes 0 in real units.
  void Conclude(const Engine& engine, Result* result) const;

 private:
  const SettingTable* settings_ = nullptr;
  WakeParams wake_ = {};
  bool is_cascade_ = false;
  bool is_asleep_ = false;
  int8_t score_ = 0;
  uint32_t awake_ms_ = 0;  // that are left
};

}  // namespace tinyhost
