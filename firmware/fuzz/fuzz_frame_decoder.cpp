// Fuzzes the frame decoder and encoder. The first byte chooses:
//   even  the rest comes from the wire, into a buffer of as many bytes as the first byte says; memory behind it is
//   poisoned.
//         What the decoder calls a frame must come out the same when it is encoded and decoded again.
//   odd   the rest is a payload: it must arrive behind garbage, whatever the pieces it is sent in.

#include <sanitizer/asan_interface.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "protocol/frame_decoder.h"
#include "protocol/frame_encoder.h"

namespace {

using tinyhost::Bytes;
using tinyhost::DecodeStatus;
using tinyhost::FrameDecoder;
using tinyhost::FrameEncoder;

constexpr size_t kMaxInputBytes = 8192;
constexpr size_t kWireBytes = FrameDecoder::EncodedBytes(kMaxInputBytes) + 2;

void Require(bool holds) {
  if (!holds) std::abort();
}

struct Wire {
  uint8_t bytes[kWireBytes];
  size_t size = 0;

  static size_t Take(void* context, const uint8_t* data, size_t n) {
    auto* wire = static_cast<Wire*>(context);
    Require(n <= kWireBytes - wire->size);
    std::memcpy(wire->bytes + wire->size, data, n);
    wire->size += n;
    return n;
  }
};

Wire g_wire;
uint8_t g_decoded[kWireBytes];
uint8_t g_received[kWireBytes];

/// The last frame that the bytes on the wire decode to; it must be the only one.
void RequireArrives(uint8_t type, uint16_t seq, Bytes payload) {
  FrameDecoder decoder(g_decoded, sizeof(g_decoded));
  DecodeStatus last = DecodeStatus::kIncomplete;
  for (size_t i = 0; i < g_wire.size; ++i) last = decoder.Push(g_wire.bytes[i]);
  Require(last == DecodeStatus::kFrame && decoder.n_frames() == 1);
  Require(decoder.header().type == type && decoder.header().seq == seq && decoder.header().flags == 0);
  Require(decoder.payload().size == payload.size);
  Require(payload.size == 0 || std::memcmp(decoder.payload().data, payload.data, payload.size) == 0);
}

void Reencode(const FrameDecoder& decoder) {
  if (decoder.header().flags != 0) return;  // the encoder sends no flags
  g_wire.size = 0;
  FrameEncoder encoder(Wire::Take, &g_wire);
  Require(encoder.Send(decoder.header().type, decoder.header().seq, {decoder.payload()}));
  RequireArrives(decoder.header().type, decoder.header().seq, decoder.payload());
}

void FromWire(size_t capacity, Bytes input) {
  ASAN_POISON_MEMORY_REGION(g_received + capacity, sizeof(g_received) - capacity);
  FrameDecoder decoder(g_received, capacity);
  size_t n_text = 0;
  for (size_t i = 0; i < input.size; ++i) {
    const DecodeStatus status = decoder.Push(input.data[i]);
    if (status == DecodeStatus::kFrame) Reencode(decoder);
    if (status == DecodeStatus::kText) n_text += decoder.text().size;
  }
  Require(n_text <= input.size);
  ASAN_UNPOISON_MEMORY_REGION(g_received, sizeof(g_received));
}

void RoundTrip(size_t piece_bytes, Bytes input) {
  g_wire.size = 0;
  FrameEncoder encoder(Wire::Take, &g_wire);
  const auto type = static_cast<uint8_t>(piece_bytes);
  encoder.Begin(type, static_cast<uint16_t>(input.size));
  for (size_t i = 0; i < input.size; i += piece_bytes) {
    encoder.Append({input.data + i, std::min(piece_bytes, input.size - i)});
  }
  Require(encoder.End());
  Require(g_wire.size <= FrameDecoder::EncodedBytes(input.size) + 2);
  RequireArrives(type, static_cast<uint16_t>(input.size), input);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0 || size > kMaxInputBytes) return 0;
  const size_t choice = data[0];
  const Bytes input = {data + 1, size - 1};
  if (choice % 2 == 0) {
    FromWire(choice, input);
  } else {
    RoundTrip(choice, input);
  }
  return 0;
}
