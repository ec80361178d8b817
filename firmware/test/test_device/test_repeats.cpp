// A host sends a request again, as it was, when the reply was lost: it must have its effect once.
#include "device_under_test.h"

namespace tinyhost {
namespace {

struct Repeating : WithModel {
  ByteVector Flash() { return ByteVector(flash.data(), flash.data() + flash.size()); }

  /// Sends a request three times, other requests in between, and checks that nothing but the first does anything.
  Received Repeat(MessageType type, const ByteVector& payload) {
    const uint16_t seq = next_seq_++;
    const std::vector<Received> first = Exchange(type, payload, seq);
    const ByteVector flash_after = Flash();
    const size_t n_captures = board.n_captures;
    const size_t n_self_tests = board.n_self_tests;
    for (int i = 0; i < 2; ++i) {
      Request(MessageType::kPing, PingRequest{1});
      const std::vector<Received> again = Exchange(type, payload, seq);
      CAPTURE(static_cast<int>(type));
      REQUIRE(again.size() == first.size());
      for (size_t j = 0; j < first.size(); ++j) {
        CHECK(again[j].type == first[j].type);
        CHECK(again[j].payload == first[j].payload);
      }
      CHECK(Flash() == flash_after);
      CHECK(board.n_captures == n_captures);
      CHECK(board.n_self_tests == n_self_tests);
    }
    CHECK(flash.n_rewrites() == 0);
    return first.back();
  }
  template <typename T>
  Received Repeat(MessageType type, const T& request, const ByteVector& data = {}) {
    return Repeat(type, Join(request, data));
  }

 private:
  uint16_t next_seq_ = 10'000;
};

ModelBeginRequest BeginRequest(const ByteVector& image, bool force = false) {
  ModelBeginRequest begin = {static_cast<uint32_t>(image.size()), force ? 1u : 0u, {}};
  const Sha256Digest sha256 = Sha256::Of(image.data(), image.size());
  std::memcpy(begin.sha256, sha256.data(), sha256.size());
  return begin;
}

}  // namespace

TEST_CASE_FIXTURE(Repeating, "every request of a push may come again") {
  const ByteVector image = TinyModel(2, 9000);
  CHECK(Repeat(MessageType::kModelBegin, BeginRequest(image)).As<ModelBeginReply>().offset == 0);
  for (uint32_t offset = 0; offset < image.size();) {
    const size_t n = std::min<size_t>(3000, image.size() - offset);
    const ByteVector data(image.begin() + offset, image.begin() + static_cast<std::ptrdiff_t>(offset + n));
    offset = Repeat(MessageType::kModelWrite, OffsetHeader{offset}, data).As<ModelWriteReply>().offset;
  }
  CHECK(Repeat(MessageType::kModelCommit, ByteVector{}).As<SlotInfo>().active == 1);
  CHECK(Read({0, UINT32_MAX, 1000, 0, Source::kModel, {}}) == image);
  Repeat(MessageType::kModelList, ByteVector{});
}

TEST_CASE_FIXTURE(Repeating, "an announcement with force may come again in the middle of its push") {
  const ByteVector image = TinyModel(1);
  const ByteVector half(image.begin(), image.begin() + 100);
  CHECK(Repeat(MessageType::kModelBegin, BeginRequest(image, true)).As<ModelBeginReply>().present == 0);
  Repeat(MessageType::kModelWrite, OffsetHeader{0}, half);
  CHECK(Request(MessageType::kModelBegin, BeginRequest(image, true)).As<ModelBeginReply>().offset == 100);
}

TEST_CASE_FIXTURE(Repeating, "a refused commit may come again") {
  ByteVector image = TinyModel(2);
  image[100] ^= 1;
  Request(MessageType::kModelBegin, BeginRequest(image));
  Request(MessageType::kModelWrite, OffsetHeader{0}, image);
  CHECK(Repeat(MessageType::kModelCommit, ByteVector{}).As<ErrorReply>().status == Status::kImageChecksum);
}

TEST_CASE_FIXTURE(Repeating, "a rollback that was refused is refused again, not taken for done") {
  CHECK(Repeat(MessageType::kModelRollback, ByteVector{}).As<ErrorReply>().status == Status::kNoModel);
}

TEST_CASE_FIXTURE(Repeating, "a rollback happens once, whatever came in between") {
  Push(TinyModel(2));
  CHECK(Repeat(MessageType::kModelRollback, ByteVector{}).As<SlotInfo>().slot == 0);
  CHECK(Repeat(MessageType::kModelRollback, ByteVector{}).As<SlotInfo>().slot == 1);
}

TEST_CASE_FIXTURE(Repeating, "inputs, runs and reads may come again") {
  const InferRequest infer = {0, 0, 0, 0, 0, InferSource::kInput, 1, 0, 0};
  Repeat(MessageType::kWrite, WriteRequest{0, Source::kInput, {}}, {1, 2});
  Repeat(MessageType::kWrite, WriteRequest{2, Source::kInput, {}}, {3, 4});
  Repeat(MessageType::kInfer, infer);
  Repeat(MessageType::kProfile, ProfileRequest{0});
  Repeat(MessageType::kRead, ReadRequest{0, UINT32_MAX, 3, 0, Source::kOutput, {}});
  Repeat(MessageType::kWrite, WriteRequest{0, Source::kSample, {}}, {10, 20, 30, 40});
  InferRequest frame = {0, 0, 0, 2, 2, InferSource::kSample, 0, 0, 0};
  Repeat(MessageType::kInfer, frame);
  frame.end_operator = 1;
  Repeat(MessageType::kInfer, frame);
  frame.first_operator = 1;
  frame.end_operator = 2;
  Repeat(MessageType::kInfer, frame);
}

TEST_CASE_FIXTURE(Repeating, "a capture happens once") {
  board.camera_status = Status::kOk;
  board.camera_width = board.camera_height = 2;
  Repeat(MessageType::kSnapshot, ByteVector{});
  Repeat(MessageType::kInfer, InferRequest{0, 0, 0, 0, 0, InferSource::kSensor, 0, 0, 0});
  CHECK(board.n_captures == 2);
}

TEST_CASE_FIXTURE(Repeating, "a part of the self-test runs once") {
  Repeat(MessageType::kSelfTest, SelfTestRequest{0});
  Repeat(MessageType::kSelfTest, SelfTestRequest{1});
  Repeat(MessageType::kSelfTest, SelfTestRequest{1});
  CHECK(board.n_self_tests == 3);
  Repeat(MessageType::kSelfTest, SelfTestRequest{2});
  CHECK(board.n_self_tests == 3);
}

TEST_CASE_FIXTURE(Repeating, "settings and streams may be set again") {
  Repeat(MessageType::kSettingSet, SettingSetRequest{Setting::kPeriodMs, 1, 500});
  Repeat(MessageType::kSettingSet, SettingSetRequest{Setting::kPeriodMs, 0, 600});
  Repeat(MessageType::kSettings, ByteVector{});
  Repeat(MessageType::kStream, StreamRequest{StreamId::kPredictions, 0, 0});
  Repeat(MessageType::kInfo, ByteVector{});
  Repeat(MessageType::kSink, ByteVector(100));
}

}  // namespace tinyhost
