#pragma once

#include <cstddef>
#include <cstdint>

#include "core/bytes.h"
#include "core/status.h"
#include "device/app.h"
#include "engine/image_format.h"

namespace tinyhost {

/// A model of two networks, of which the second one runs only when the first one hears something, and for a while after
/// that. A model of one network is always awake.
class Cascade {
 public:
  /// Reads what follows a model's KwsParams. Returns kImageMetadata if that is not a WakeParams, kModelMismatch if the
  /// model is not as it says. The model then counts as one network, as it does if nothing follows.
  Status Configure(const Engine& engine, Bytes wake);
  /// Sets the model's own defaults of the settings, which apply from now on.
  void Start(SettingTable* settings);
  /// Takes note that this much sound has passed.
  void Pass(uint32_t ms) { awake_ms_ = awake_ms_ > ms ? awake_ms_ - ms : 0; }

  /// The last operator of the first network; n_operators() for a model of one network.
  size_t last_operator(const Engine& engine) const;
  /// Called after that operator: whether the second network must run.
  bool Listen(const Engine& engine);
  int32_t score() const { return score_; }

  /// Called after an inference: if the second network did not run, its output becomes 0 in real units.
  void Conclude(const Engine& engine, Result* result) const;

 private:
  const SettingTable* settings_ = nullptr;
  WakeParams wake_ = {};
  bool is_cascade_ = false;
  bool is_asleep_ = false;
  int8_t score_ = 0;
  uint32_t awake_ms_ = 0;  // until it sleeps
};

}  // namespace tinyhost
