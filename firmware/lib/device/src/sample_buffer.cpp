#include "device/sample_buffer.h"

#include <algorithm>
#include <cstring>

#include "core/crc32.h"
#include "stage_timer.h"

namespace tinyhost {

Status SampleBuffer::Capture(uint64_t* ticks) {
  *ticks = 0;
  if (app_.camera == nullptr) return Status::kUnsupported;
  size_ = 0;
  is_captured_ = false;
  const uint32_t index = n_captures_++;
  hal::CameraFrame frame = {};
  const StageTimer timer(hal::Stage::kCapture);
  const Status status = app_.camera->take(settings_, buffer_.data, buffer_.size, &frame);
  *ticks = timer.End();
  if (status != Status::kOk) {
    ++n_failed_;
    return status;
  }
  size_ = size_t{frame.width} * frame.height;
  is_captured_ = true;
  frame_ = {frame.timestamp_us, index, n_failed_, static_cast<uint32_t>(size_), 0, frame.width, frame.height, 0};
  return Status::kOk;
}

MutableBytes SampleBuffer::Lend() {
  size_ = 0;
  is_captured_ = false;
  is_lent_ = true;
  return buffer_;
}

Status SampleBuffer::Write(uint32_t offset, Bytes data) {
  if (offset > size_ || data.size > buffer_.size - offset) return Status::kBadArgument;
  is_captured_ = is_lent_ = false;
  std::memcpy(buffer_.data + offset, data.data, data.size);
  size_ = std::max<size_t>(size_, offset + data.size);
  return Status::kOk;
}

FrameInfo SampleBuffer::FrameWithCrc() const {
  FrameInfo frame = frame_;
  frame.crc32 = Crc32(buffer_.data, frame.n_bytes);
  return frame;
}

}  // namespace tinyhost
