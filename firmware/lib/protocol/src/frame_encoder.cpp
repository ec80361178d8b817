#include "protocol/frame_encoder.h"

#include "core/crc32.h"

namespace tinyhost {

void FrameEncoder::Begin(uint8_t type, uint16_t seq) {
  stalled_ = false;
  crc_ = 0;
  buffer_[0] = 0;
  n_buffered_ = 1;
  OpenBlock();
  const FrameHeader header = {type, 0, seq};
  Append(BytesOf(header));
}

void FrameEncoder::Append(Bytes piece) {
  if (stalled_) return;
  crc_ = Crc32(piece.data, piece.size, crc_);
  Encode(piece.data, piece.size);
}

bool FrameEncoder::End() {
  const Bytes crc = BytesOf(crc_);
  if (!stalled_) Encode(crc.data, crc.size);
  if (!stalled_) {
    CloseBlock();
    buffer_[n_buffered_++] = 0;
    Flush();
  }
  if (stalled_) ++n_abandoned_;
  return !stalled_;
}

bool FrameEncoder::Send(uint8_t type, uint16_t seq, std::initializer_list<Bytes> payload) {
  Begin(type, seq);
  for (const Bytes& piece : payload) Append(piece);
  return End();
}

bool FrameEncoder::SendText(Bytes text) {
  if (stalled_) stalled_ = !SendDelimiter();
  return !stalled_ && sink_(context_, text.data, text.size) == text.size;
}

bool FrameEncoder::SendDelimiter() {
  constexpr uint8_t kDelimiter = 0;
  return sink_(context_, &kDelimiter, 1) == 1;
}

void FrameEncoder::Encode(const uint8_t* data, size_t n) {
  for (size_t i = 0; i < n && !stalled_; ++i) Encode(data[i]);
}

// A full block is closed only when more follows, so a run of exactly 254 bytes at the end costs one code byte.
void FrameEncoder::Encode(uint8_t byte) {
  if (n_buffered_ - block_start_ == kMaxBlockBytes) {
    CloseBlock();
    OpenBlock();
  }
  if (byte != 0) {
    buffer_[n_buffered_++] = byte;
  } else {
    CloseBlock();
    OpenBlock();
  }
}

void FrameEncoder::OpenBlock() {
  if (n_buffered_ + kMaxBlockBytes + 1 > buffer_.size()) Flush();  // 1: the closing 00
  block_start_ = n_buffered_++;
}

void FrameEncoder::Flush() {
  stalled_ = stalled_ || sink_(context_, buffer_.data(), n_buffered_) != n_buffered_;
  n_buffered_ = 0;
}

}  // namespace tinyhost
