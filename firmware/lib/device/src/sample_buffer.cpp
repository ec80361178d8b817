#include "device/sample_buffer.h"

#include <algorithm>
#include <cstring>

namespace tinyhost {

Status SampleBuffer::Capture(const App& app, const SettingTable& settings) {
  if (app.take_picture == nullptr) return Status::kUnsupported;
  size_ = 0;
  is_captured_ = false;
  const uint32_t index = n_captures_++;
  hal::CameraFrame frame = {};
  const Status status = app.take_picture(settings, bytes_, capacity_, &frame);
  if (status != Status::kOk) {
    ++n_failed_;
    return status;
  }
  size_ = size_t{frame.width} * frame.height;
  is_captured_ = true;
  info_ = {frame.timestamp_us, index, n_failed_, static_cast<uint32_t>(size_), 0, frame.width, frame.height, 0};
  return Status::kOk;
}

Status SampleBuffer::Write(uint32_t offset, Bytes data) {
  if (offset > size_ || data.size > capacity_ - offset) return Status::kBadArgument;
  is_captured_ = false;
  std::memcpy(bytes_ + offset, data.data, data.size);
  size_ = std::max<size_t>(size_, offset + data.size);
  return Status::kOk;
}

}  // namespace tinyhost
