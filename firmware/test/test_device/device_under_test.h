#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "../support/memory_board.h"
#include "../support/memory_flash.h"
#include "../support/tiny_model.h"
#include "core/sha256.h"
#include "device/device.h"

namespace tinyhost {

using ByteVector = std::vector<uint8_t>;

/// A frame or a line of text that the device sent.
struct Received {
  bool is_text;
  uint8_t type;
  uint16_t seq;
  ByteVector payload;
  std::string text;

  template <typename T>
  T As() const {
    REQUIRE(payload.size() >= sizeof(T));
    T value;
    std::memcpy(&value, payload.data(), sizeof(T));
    return value;
  }
  template <typename T>
  ByteVector After() const {
    REQUIRE(payload.size() >= sizeof(T));
    return ByteVector(payload.begin() + sizeof(T), payload.end());
  }
  bool IsReplyTo(MessageType request) const { return !is_text && type == (static_cast<uint8_t>(request) | kReplyFlag); }
  bool IsEvent(MessageType event) const { return !is_text && type == static_cast<uint8_t>(event); }
};

/// An app on a board in memory, the vww app by default, and its host's end of the link.
class DeviceUnderTest {
 public:
  MemoryFlash flash{2 + 2 * (1 + 4)};
  MemoryBoard board;

  explicit DeviceUnderTest(const App& app = TheApp()) : app_(app) {
    TheFlash() = &flash;
    TheBoard() = &board;
    Boot();
  }

  void Boot() {
    device_ = std::make_unique<Device>(app_, DeviceMemory{{arena_, sizeof(arena_)},
                                                          {sample_, sizeof(sample_)},
                                                          {receive_, sizeof(receive_)},
                                                          {page_, sizeof(page_)}});
    device_->Begin();
  }

  void Poll(int n = 1) {
    for (int i = 0; i < n; ++i) device_->Poll();
  }

  /// Runs the device for so long of its time.
  void Run(uint32_t duration_ms) {
    const uint64_t end_us = board.now_us + uint64_t{duration_ms} * 1000;
    while (board.now_us < end_us) {
      device_->Poll();
      board.now_us += 1000;
    }
  }

  void SendBytes(const ByteVector& bytes) { board.to_device.insert(board.to_device.end(), bytes.begin(), bytes.end()); }

  void SendFrame(MessageType type, uint16_t seq, const ByteVector& payload) {
    const auto sink = [](void* context, const uint8_t* data, size_t n) {
      static_cast<DeviceUnderTest*>(context)->SendBytes(ByteVector(data, data + n));
      return n;
    };
    FrameEncoder encoder(sink, this);
    encoder.Send(static_cast<uint8_t>(type), seq, {{payload.data(), payload.size()}});
  }

  /// Everything that came since the last call.
  std::vector<Received> TakeAll() {
    std::vector<Received> all;
    all.swap(rest_);
    for (const uint8_t byte : board.from_device) {
      const DecodeStatus status = host_decoder_.Push(byte);
      if (status == DecodeStatus::kFrame) {
        const Bytes payload = host_decoder_.payload();
        const FrameHeader header = host_decoder_.header();
        all.push_back({false, header.type, header.seq, ByteVector(payload.data, payload.data + payload.size), ""});
      } else if (status == DecodeStatus::kText) {
        const Bytes text = host_decoder_.text();
        all.push_back({true, 0, 0, {}, std::string(reinterpret_cast<const char*>(text.data), text.size)});
      } else if (status != DecodeStatus::kIncomplete) {
        ++n_bad_frames;
      }
    }
    board.from_device.clear();
    return all;
  }

  /// Sends one request and returns what came, up to its reply. With `seq` the host may send a request again as it was.
  std::vector<Received> Exchange(MessageType type, const ByteVector& payload, std::optional<uint16_t> seq = {}) {
    seq_ = seq.value_or(static_cast<uint16_t>(seq_ + 1));
    SendFrame(type, seq_, payload);
    Poll();
    std::vector<Received> all = TakeAll();
    const auto is_reply = [this](const Received& r) { return (r.type & kReplyFlag) != 0 && r.seq == seq_; };
    const auto reply = std::find_if(all.begin(), all.end(), is_reply);
    REQUIRE(reply != all.end());
    rest_.assign(reply + 1, all.end());
    all.erase(reply + 1, all.end());
    return all;
  }

  Received Request(MessageType type, const ByteVector& payload = {}) {
    const Received reply = Exchange(type, payload).back();
    CAPTURE(static_cast<int>(reply.type));
    REQUIRE(reply.IsReplyTo(type));
    return reply;
  }
  template <typename T>
  Received Request(MessageType type, const T& request, const ByteVector& data = {}) {
    return Request(type, Join(request, data));
  }

  ErrorReply Refused(MessageType type, const ByteVector& payload = {}) {
    const Received reply = Exchange(type, payload).back();
    REQUIRE(reply.IsReplyTo(MessageType::kError));
    const auto error = reply.As<ErrorReply>();
    CHECK(error.request_type == static_cast<uint8_t>(type));
    return error;
  }
  template <typename T>
  ErrorReply Refused(MessageType type, const T& request, const ByteVector& data = {}) {
    return Refused(type, Join(request, data));
  }

  template <typename T>
  static ByteVector Join(const T& request, const ByteVector& data) {
    ByteVector payload(sizeof(T));
    std::memcpy(payload.data(), &request, sizeof(T));
    payload.insert(payload.end(), data.begin(), data.end());
    return payload;
  }

  void Hello() { Request(MessageType::kHello, HelloRequest{kHelloMagic, kProtocolVersionMin, kProtocolVersion, 0, 7}); }

  ModelBeginReply BeginPush(const ByteVector& image) {
    ModelBeginRequest begin = {static_cast<uint32_t>(image.size()), 0, {}};
    const Sha256Digest sha256 = Sha256::Of(image.data(), image.size());
    std::memcpy(begin.sha256, sha256.data(), sha256.size());
    return Request(MessageType::kModelBegin, begin).As<ModelBeginReply>();
  }

  SlotInfo Push(const ByteVector& image) {
    uint32_t offset = BeginPush(image).offset;
    while (offset < image.size()) {
      const size_t n = std::min<size_t>(1000, image.size() - offset);
      const ByteVector data(image.begin() + offset, image.begin() + static_cast<std::ptrdiff_t>(offset + n));
      offset = Request(MessageType::kModelWrite, OffsetHeader{offset}, data).As<ModelWriteReply>().offset;
    }
    return Request(MessageType::kModelCommit).As<SlotInfo>();
  }

  /// The bytes of a READ's DATA events; checks its reply.
  ByteVector Read(const ReadRequest& request) {
    const std::vector<Received> all = Exchange(MessageType::kRead, Join(request, {}));
    REQUIRE(all.back().IsReplyTo(MessageType::kRead));
    const auto reply = all.back().As<ReadReply>();
    ByteVector bytes;
    for (size_t i = 0; i + 1 < all.size(); ++i) {
      REQUIRE(all[i].IsEvent(MessageType::kData));
      CHECK(all[i].seq == all.back().seq);
      CHECK(all[i].As<OffsetHeader>().offset == request.offset + bytes.size());
      const ByteVector piece = all[i].After<OffsetHeader>();
      bytes.insert(bytes.end(), piece.begin(), piece.end());
    }
    CHECK(reply.n_bytes == bytes.size());
    CHECK(reply.crc32 == Crc32(bytes.data(), bytes.size()));
    return bytes;
  }

  size_t n_bad_frames = 0;

 private:
  const App& app_;
  alignas(16) uint8_t arena_[1024];
  uint8_t sample_[160 * 120];
  uint8_t receive_[FrameDecoder::EncodedBytes(kMaxRequestBytes)];
  uint8_t page_[hal::kFlashPageBytes];
  uint8_t host_buffer_[FrameDecoder::EncodedBytes(kMaxPayloadBytes)];
  FrameDecoder host_decoder_{host_buffer_, sizeof(host_buffer_)};
  std::unique_ptr<Device> device_;
  std::vector<Received> rest_;  // came behind a reply
  uint16_t seq_ = 0;
};

/// With a session.
struct Connected : DeviceUnderTest {
  Connected() { Hello(); }
};

/// With a session and a model.
struct WithModel : Connected {
  WithModel() { Push(TinyModel()); }
};

inline ByteVector Scores(std::initializer_list<int> scores) {
  ByteVector bytes;
  for (const int score : scores) bytes.push_back(static_cast<uint8_t>(score));
  return bytes;
}

}  // namespace tinyhost
