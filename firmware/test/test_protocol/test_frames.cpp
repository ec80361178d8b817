#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "../support/hex.h"
#include "core/pattern.h"
#include "frame_vectors.h"
#include "protocol/frame_decoder.h"
#include "protocol/frame_encoder.h"

namespace tinyhost {
namespace {

/// Takes all bytes until `n_left` have come, then stalls.
struct Wire {
  std::vector<uint8_t> bytes;
  size_t n_left = SIZE_MAX;

  static size_t Take(void* context, const uint8_t* data, size_t n) {
    auto* wire = static_cast<Wire*>(context);
    n = std::min(n, wire->n_left);
    wire->n_left -= n;
    wire->bytes.insert(wire->bytes.end(), data, data + n);
    return n;
  }
};

struct Decoder {
  std::vector<uint8_t> buffer = std::vector<uint8_t>(FrameDecoder::EncodedBytes(kMaxRequestBytes));
  FrameDecoder decoder{buffer.data(), buffer.size()};

  std::vector<VectorEvent> events;
  std::vector<std::string> contents;

  void Feed(const std::vector<uint8_t>& bytes) {
    for (const uint8_t byte : bytes) {
      const DecodeStatus status = decoder.Push(byte);
      if (status == DecodeStatus::kIncomplete) continue;
      VectorEvent event = {status, 0, 0, ""};
      std::string content;
      if (status == DecodeStatus::kFrame) {
        event.type = decoder.header().type;
        event.seq = decoder.header().seq;
        content = ToHex(decoder.payload().data, decoder.payload().size);
      }
      if (status == DecodeStatus::kText) {
        content.assign(reinterpret_cast<const char*>(decoder.text().data), decoder.text().size);
        while (!content.empty() && (content.back() == '\n' || content.back() == '\r')) content.pop_back();
      }
      events.push_back(event);
      contents.push_back(content);
    }
  }
};

}  // namespace

TEST_CASE("the encoder makes the vectors' bytes, whole or in pieces") {
  for (const EncodeVector& vector : kEncodeVectors) {
    CAPTURE(vector.name);
    const std::vector<uint8_t> payload = FromHex(vector.payload);
    for (const size_t piece : {payload.size() + 1, size_t{1}, size_t{100}}) {
      Wire wire;
      FrameEncoder encoder(Wire::Take, &wire);
      encoder.Begin(vector.type, vector.seq);
      for (size_t i = 0; i < payload.size(); i += piece) {
        encoder.Append({payload.data() + i, std::min(piece, payload.size() - i)});
      }
      CHECK(encoder.End());
      CHECK(ToHex(wire.bytes.data(), wire.bytes.size()) == vector.wire);
    }
  }
}

TEST_CASE("the decoder finds the vectors' events") {
  for (const DecodeVector& vector : kDecodeVectors) {
    CAPTURE(vector.name);
    Decoder decoder;
    decoder.Feed(FromHex(vector.wire));
    REQUIRE(decoder.events.size() == vector.events.size());
    for (size_t i = 0; i < vector.events.size(); ++i) {
      CHECK(decoder.events[i].status == vector.events[i].status);
      CHECK(decoder.events[i].type == vector.events[i].type);
      CHECK(decoder.events[i].seq == vector.events[i].seq);
      CHECK(decoder.contents[i] == vector.events[i].content);
    }
    const auto is_bad = [](const VectorEvent& event) {
      return event.status != DecodeStatus::kFrame && event.status != DecodeStatus::kText;
    };
    CHECK(decoder.decoder.n_bad() ==
          static_cast<uint32_t>(std::count_if(vector.events.begin(), vector.events.end(), is_bad)));
  }
}

TEST_CASE("a frame whose sink stalls anywhere is given up, and the next one arrives") {
  std::vector<uint8_t> payload(600);
  FillPattern(3, 0, payload.data(), payload.size());
  for (size_t n_left = 0; n_left < 612; ++n_left) {
    Wire wire;
    wire.n_left = n_left;
    FrameEncoder encoder(Wire::Take, &wire);
    CHECK_FALSE(encoder.Send(1, 1, {{payload.data(), payload.size()}}));
    CHECK(encoder.n_abandoned() == 1);
    CHECK(wire.bytes.size() == n_left);
    wire.n_left = SIZE_MAX;
    CHECK(encoder.Send(2, 2, {}));
    Decoder decoder;
    decoder.Feed(wire.bytes);
    REQUIRE(!decoder.events.empty());
    CHECK(decoder.events.size() <= 2);
    CHECK(decoder.events.back().status == DecodeStatus::kFrame);
    CHECK(decoder.events.back().type == 2);
  }
}

TEST_CASE("text after a frame that was given up is still text") {
  Wire wire;
  wire.n_left = 5;
  FrameEncoder encoder(Wire::Take, &wire);
  const uint8_t payload[20] = {1, 2, 3};
  CHECK_FALSE(encoder.Send(1, 1, {{payload, sizeof(payload)}}));
  wire.n_left = SIZE_MAX;
  CHECK(encoder.SendText({reinterpret_cast<const uint8_t*>("hello\n"), 6}));
  Decoder decoder;
  decoder.Feed(wire.bytes);
  REQUIRE(decoder.contents.size() == 2);
  CHECK(decoder.events[1].status == DecodeStatus::kText);
  CHECK(decoder.contents[1] == "hello");
}

TEST_CASE("framing a camera frame costs less than 1.5 percent") {
  std::vector<uint8_t> pixels(96 * 96);
  FillPattern(1, 0, pixels.data(), pixels.size());
  const StreamHeader header = {};
  const FrameInfo info = {};
  Wire wire;
  FrameEncoder encoder(Wire::Take, &wire);
  CHECK(encoder.Send(0x40, 0, {BytesOf(header), BytesOf(info), {pixels.data(), pixels.size()}}));
  const double overhead = static_cast<double>(wire.bytes.size() - pixels.size()) / static_cast<double>(pixels.size());
  MESSAGE("overhead: " << 100 * overhead << " %");
  CHECK(overhead <= 0.015);
}

}  // namespace tinyhost
