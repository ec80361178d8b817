#pragma once

#include <cstddef>
#include <cstdint>

#include "core/bytes.h"
#include "device/app.h"
#include "device/host.h"
#include "device/model_runner.h"
#include "device/request.h"
#include "device/sample_buffer.h"
#include "device/setting_table.h"
#include "hal/sampling.h"
#include "protocol/messages.h"

namespace tinyhost {

/// Samples that the live model was unsure of, for a host that collects them later: a ring in the part of the engine's
/// arena that the model leaves free. They are lost with the power, and when another model is loaded.
class Unsure {
 public:
  Unsure(const App& app, const ModelRunner& runner, const SettingTable& settings, SampleBuffer* sample, Host* host)
      : app_(app), runner_(runner), settings_(settings), sample_(*sample), host_(*host) {}

  /// Forgets the newest moments, because the next ones do not follow them.
  void Restart() { n_followed_ = 0; }
  /// Takes the newest moments of a continuous sensor.
  void Follow(const int16_t* moments, size_t n_moments);
  /// Keep a result's picture, or the window of the newest moments, if the result is unsure.
  void KeepPicture(const Result& result, uint64_t time_us);
  void KeepWindow(const Result& result, uint64_t time_us, const hal::Sampling& sampling);

  /// A kept sample, counted from the oldest; empty if there is no such sample.
  Bytes sample(size_t index) const;

  void OnUnsure(const Request& request);

 private:
  int32_t Limit() const;
  void DropStale();
  UnsureSample* Slot(size_t index) const;
  uint8_t* Room(const Result& result, uint64_t time_us, uint64_t span_us, uint16_t width, uint16_t height);
  size_t n_sample_bytes(uint16_t width, uint16_t height) const;

  const App& app_;
  const ModelRunner& runner_;
  const SettingTable& settings_;
  SampleBuffer& sample_;
  Host& host_;

  size_t n_window_ = 0;    // values in a window
  size_t n_followed_ = 0;  // values of the window that have come
  size_t next_ = 0;        // where the next value goes

  uint32_t n_loads_ = 0;  // of the runner, when the ring began
  uint32_t n_unsure_ = 0;
  size_t slot_bytes_ = 0;
  size_t n_room_ = 0;
  size_t n_kept_ = 0;
  size_t first_ = 0;  // the oldest one's slot
  hal::Sampling sampling_{};
};

}  // namespace tinyhost
