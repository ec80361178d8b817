#pragma once

#include <cstddef>
#include <cstdint>

#include "core/bytes.h"
#include "protocol/messages.h"

namespace tinyhost {

/// The item that a byte completed.
enum class DecodeStatus : uint8_t {
  /// Nothing yet.
  kIncomplete,
  /// A frame with a correct CRC: header() and payload() hold it.
  kFrame,
  /// A line of text between frames: text() holds it, with its newline.
  kText,
  /// COBS and length are right, but the CRC is not.
  kBadCrc,
  /// Neither a frame nor text: broken COBS, or fewer bytes than a header and a CRC.
  kMalformed,
  /// Longer than the buffer; everything up to the next 00 was skipped.
  kOversized,
};

/// Finds frames and log text in a stream of bytes.
///
/// A segment is what stands between two bytes 00; an empty one is ignored. Whole lines at its start are taken as text
/// as soon as their newline arrives, because a board without a session sends no 00. Text is valid UTF-8 without control
/// characters other than tab, newline, return and escape. No frame is taken for text, because its flags are 0 and so
/// its first byte on the wire is 02. What is left when the 00 arrives is a frame, or malformed.
class FrameDecoder {
 public:
  /// `buffer` limits the segment: COBS adds a byte per 254 to header, payload and CRC, see EncodedBytes().
  FrameDecoder(uint8_t* buffer, size_t capacity) : buffer_(buffer), capacity_(capacity) {}

  /// The largest segment of a payload of `n` bytes.
  static constexpr size_t EncodedBytes(size_t n) {
    return n + kFrameOverheadBytes + (n + kFrameOverheadBytes) / 254 + 1;
  }

  DecodeStatus Push(uint8_t byte);

  /// Header and payload of the last kFrame; valid until the next Push.
  const FrameHeader& header() const { return header_; }
  Bytes payload() const { return {buffer_ + sizeof(FrameHeader), size_}; }
  /// Content of the last kText; valid until the next Push.
  Bytes text() const { return {buffer_, size_}; }

  uint32_t n_frames() const { return n_frames_; }
  uint32_t n_bad() const { return n_bad_; }  // kBadCrc, kMalformed, kOversized

 private:
  /// How far the segment is valid UTF-8 text.
  struct TextState {
    bool is_text = true;
    uint8_t n_continuation = 0;  // continuation bytes still to come
    uint8_t low = 0x80;          // bounds of the next of them
    uint8_t high = 0xBF;
    void Push(uint8_t byte);
    bool complete() const { return is_text && n_continuation == 0; }
  };

  DecodeStatus EndSegment();
  DecodeStatus DecodeFrame(size_t n);
  DecodeStatus TakeText();

  uint8_t* buffer_;
  size_t capacity_;
  size_t n_received_ = 0;  // of the segment; above capacity_ once it is oversized
  TextState text_state_;
  FrameHeader header_{};
  size_t size_ = 0;
  uint32_t n_frames_ = 0;
  uint32_t n_bad_ = 0;
};

}  // namespace tinyhost
