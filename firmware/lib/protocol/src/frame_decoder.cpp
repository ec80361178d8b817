#include "protocol/frame_decoder.h"

#include <cstring>

#include "core/crc32.h"

namespace tinyhost {
namespace {

constexpr size_t kBroken = SIZE_MAX;

/// Decodes COBS in place; returns the decoded size, or kBroken.
size_t CobsDecode(uint8_t* data, size_t n) {
  size_t read = 0;
  size_t write = 0;
  while (read < n) {
    const uint8_t code = data[read++];
    const size_t n_copy = code - 1u;
    if (n_copy > n - read) return kBroken;
    std::memmove(data + write, data + read, n_copy);
    read += n_copy;
    write += n_copy;
    if (code != 0xFF && read < n) data[write++] = 0;
  }
  return write;
}

bool IsTextByte(uint8_t byte) {
  return (byte >= 0x20 && byte < 0x7F) || byte == '\n' || byte == '\r' || byte == '\t' || byte == 0x1B;
}

}  // namespace

DecodeStatus FrameDecoder::Push(uint8_t byte) {
  if (byte == 0) return EndSegment();
  if (n_received_ >= capacity_) {
    n_received_ = capacity_ + 1;
    return DecodeStatus::kIncomplete;
  }
  buffer_[n_received_++] = byte;
  text_state_.Push(byte);
  if (byte == '\n' && text_state_.complete()) return TakeText();
  return DecodeStatus::kIncomplete;
}

DecodeStatus FrameDecoder::EndSegment() {
  const size_t n = n_received_;
  if (n == 0) return DecodeStatus::kIncomplete;
  if (n > capacity_) {
    n_received_ = 0;
    text_state_ = {};
    ++n_bad_;
    return DecodeStatus::kOversized;
  }
  n_received_ = 0;
  text_state_ = {};
  const DecodeStatus status = DecodeFrame(n);
  ++(status == DecodeStatus::kFrame ? n_frames_ : n_bad_);
  return status;
}

DecodeStatus FrameDecoder::DecodeFrame(size_t n) {
  const size_t n_decoded = CobsDecode(buffer_, n);
  if (n_decoded == kBroken || n_decoded < kFrameOverheadBytes) return DecodeStatus::kMalformed;
  const size_t n_checked = n_decoded - sizeof(uint32_t);
  uint32_t crc;
  std::memcpy(&crc, buffer_ + n_checked, sizeof(crc));
  if (crc != Crc32(buffer_, n_checked)) return DecodeStatus::kBadCrc;
  std::memcpy(&header_, buffer_, sizeof(header_));
  size_ = n_checked - sizeof(header_);
  return DecodeStatus::kFrame;
}

DecodeStatus FrameDecoder::TakeText() {
  size_ = n_received_;
  n_received_ = 0;
  text_state_ = {};
  return DecodeStatus::kText;
}

// Well-formed UTF-8 as in the Unicode Standard, table 3-7.
void FrameDecoder::TextState::Push(uint8_t byte) {
  if (!is_text) return;
  if (n_continuation > 0) {
    is_text = byte >= low && byte <= high;
    --n_continuation;
    low = 0x80;
    high = 0xBF;
  } else if (byte < 0x80) {
    is_text = IsTextByte(byte);
  } else {
    is_text = byte >= 0xC2 && byte <= 0xF4;
    n_continuation = byte < 0xE0 ? 1 : byte < 0xF0 ? 2 : 3;
    if (byte == 0xE0) low = 0xA0;
    if (byte == 0xED) high = 0x9F;
    if (byte == 0xF0) low = 0x90;
    if (byte == 0xF4) high = 0x8F;
  }
}

}  // namespace tinyhost
