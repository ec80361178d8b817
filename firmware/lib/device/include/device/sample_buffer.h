#pragma once

#include <cstddef>
#include <cstdint>

#include "core/bytes.h"
#include "core/status.h"
#include "device/app.h"
#include "device/setting_table.h"
#include "protocol/messages.h"

namespace tinyhost {

/// The one sample in memory: a camera frame, or what the host wrote. Bytes of a failed capture are never visible.
class SampleBuffer {
 public:
  SampleBuffer(const App& app, const SettingTable& settings, MutableBytes buffer)
      : app_(app), settings_(settings), buffer_(buffer) {}

  /// Takes a picture; `ticks` receives how long that took. Returns kUnsupported if the app's sensor is not a camera.
  Status Capture(uint64_t* ticks);
  /// Lends the whole buffer until the next Write(), for consecutive moments; its contents are lost.
  MutableBytes Lend();
  bool is_lent() const { return is_lent_; }
  /// Returns kBadArgument if it is beyond the buffer, or would leave a gap after size().
  Status Write(uint32_t offset, Bytes data);

  const uint8_t* bytes() const { return buffer_.data; }
  size_t size() const { return size_; }  // valid bytes
  size_t capacity() const { return buffer_.size; }
  /// True while it holds the last captured frame, unchanged.
  bool is_captured() const { return is_captured_; }
  /// The last captured frame, without its CRC.
  const FrameInfo& frame() const { return frame_; }
  /// The last captured frame with its CRC, which takes a while.
  FrameInfo FrameWithCrc() const;
  /// The index that the next capture gets.
  uint32_t n_captures() const { return n_captures_; }

 private:
  const App& app_;
  const SettingTable& settings_;
  MutableBytes buffer_;
  size_t size_ = 0;
  bool is_captured_ = false;
  bool is_lent_ = false;
  uint32_t n_captures_ = 0;
  uint32_t n_failed_ = 0;
  FrameInfo frame_{};
};

}  // namespace tinyhost
