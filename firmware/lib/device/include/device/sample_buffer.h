#pragma once

#include <cstddef>
#include <cstdint>

#include "core/bytes.h"
#include "core/status.h"
#include "device/app.h"
#include "protocol/messages.h"

namespace tinyhost {

/// The one sample in memory: a camera frame, or what the host wrote. Never shows bytes of a failed capture.
class SampleBuffer {
 public:
  SampleBuffer(uint8_t* bytes, size_t capacity) : bytes_(bytes), capacity_(capacity) {}

  /// kUnsupported: the app's sensor is no camera.
  Status Capture(const App& app, const SettingTable& settings);
  /// kBadArgument: beyond the buffer, or it would leave a gap behind size().
  Status Write(uint32_t offset, Bytes data);

  const uint8_t* bytes() const { return bytes_; }
  size_t size() const { return size_; }  // valid bytes
  /// True while it holds the last capture as it was.
  bool is_captured() const { return is_captured_; }
  size_t capacity() const { return capacity_; }
  /// Of the last capture, which succeeded; without the CRC.
  const FrameInfo& info() const { return info_; }
  /// The index that the next capture gets.
  uint32_t n_captures() const { return n_captures_; }

 private:
  uint8_t* bytes_;
  size_t capacity_;
  size_t size_ = 0;
  bool is_captured_ = false;
  uint32_t n_captures_ = 0;
  uint32_t n_failed_ = 0;
  FrameInfo info_{};
};

}  // namespace tinyhost
