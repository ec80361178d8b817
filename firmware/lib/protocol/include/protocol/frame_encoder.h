#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>

#include "core/bytes.h"
#include "protocol/messages.h"

namespace tinyhost {

/// Takes bytes for the link; returns how many it took, fewer than `n` only if the host stopped reading.
using ByteSink = size_t (*)(void* context, const uint8_t* data, size_t n);

/// Writes frames to a sink while they are being made: 00 COBS(header payload CRC-32) 00.
///
/// COBS (Cheshire and Baker, 1999) runs over the pieces as they come, so a payload of any size needs only this object's
/// buffer. A frame whose sink stalls is abandoned and counted; the 00 that opens the next frame ends it.
class FrameEncoder {
 public:
  FrameEncoder(ByteSink sink, void* context) : sink_(sink), context_(context) {}

  void Begin(uint8_t type, uint16_t seq);
  void Append(Bytes piece);
  /// Returns false if the sink did not take the whole frame.
  bool End();

  /// Sends one whole frame; its payload is the pieces, one after the other.
  bool Send(uint8_t type, uint16_t seq, std::initializer_list<Bytes> payload);
  /// Sends text, which is not a frame: whole lines without 00. A 00 goes first if a frame was abandoned before.
  bool SendText(Bytes text);
  /// Sends a 00, which ends a frame of which the other side has received a part.
  bool SendDelimiter();

  uint32_t n_abandoned() const { return n_abandoned_; }

 private:
  static constexpr size_t kMaxBlockBytes = 255;  // code byte and 254 others

  void Encode(const uint8_t* data, size_t n);
  void Encode(uint8_t byte);
  void OpenBlock();
  void CloseBlock() { buffer_[block_start_] = static_cast<uint8_t>(n_buffered_ - block_start_); }
  void Flush();

  ByteSink sink_;
  void* context_;
  std::array<uint8_t, 2 * kMaxBlockBytes + 2> buffer_;  // closed blocks, then the open one
  size_t n_buffered_ = 0;
  size_t block_start_ = 0;
  uint32_t crc_ = 0;
  bool stalled_ = false;
  uint32_t n_abandoned_ = 0;
};

}  // namespace tinyhost
