#include "device_under_test.h"

namespace tinyhost {

TEST_CASE_FIXTURE(Connected, "a part of the self-test answers with its findings, and the session outlives it") {
  const uint64_t begun_us = board.now_us;
  const Received reply = Request(MessageType::kSelfTest, SelfTestRequest{1});
  CHECK(board.now_us - begun_us > uint64_t{kSessionTimeoutMs} * 1000);
  const auto head = reply.As<SelfTestReply>();
  CHECK(head.part == 1);
  CHECK(head.n_parts == 2);
  REQUIRE(head.n_findings == 3);
  const ByteVector rest = reply.After<SelfTestReply>();
  REQUIRE(rest.size() == 3 * sizeof(Finding));
  Finding finding = {};
  std::memcpy(&finding, rest.data() + 2 * sizeof(Finding), sizeof(Finding));
  CHECK(finding.check == SelfTestCheck::kCapture);
  CHECK(finding.verdict == Verdict::kPassed);
  CHECK(finding.status == Status::kOk);
  CHECK(finding.index == 2);
  CHECK(finding.other == kNoIndex);
  CHECK(finding.measured == 1);
  CHECK(finding.highest == 1);
  Run(100);
  Request(MessageType::kPing, PingRequest{1});
}

TEST_CASE_FIXTURE(Connected, "each part begins with an empty list, and a test that finds nothing has none") {
  Request(MessageType::kSelfTest, SelfTestRequest{0});
  CHECK(Request(MessageType::kSelfTest, SelfTestRequest{0}).As<SelfTestReply>().n_findings == 3);
  board.n_findings = 0;
  const Received reply = Request(MessageType::kSelfTest, SelfTestRequest{0});
  CHECK(reply.As<SelfTestReply>().n_findings == 0);
  CHECK(reply.payload.size() == sizeof(SelfTestReply));
  board.n_findings = 255;
  CHECK(Request(MessageType::kSelfTest, SelfTestRequest{0}).As<SelfTestReply>().n_findings ==
        hal::FindingList::kCapacity);
}

TEST_CASE_FIXTURE(Connected, "a part that there is not is refused with their number") {
  const ErrorReply refused = Refused(MessageType::kSelfTest, SelfTestRequest{2});
  CHECK(refused.status == Status::kBadArgument);
  CHECK(refused.expected == 2);
  CHECK(refused.got == 2);
  CHECK(Refused(MessageType::kSelfTest, ByteVector{1}).status == Status::kBadLength);
  CHECK(board.n_self_tests == 0);
}

TEST_CASE_FIXTURE(WithModel, "streams refuse a self-test, and go on") {
  board.camera_status = Status::kOk;
  for (const StreamId stream : {StreamId::kPredictions, StreamId::kCamera}) {
    Request(MessageType::kStream, StreamRequest{stream, 1, 0});
    CHECK(Refused(MessageType::kSelfTest, SelfTestRequest{0}).status == Status::kBadState);
    const size_t n_captures = board.n_captures;
    Poll(3);
    CHECK(board.n_captures > n_captures);
    Request(MessageType::kStream, StreamRequest{stream, 0, 0});
  }
  CHECK(board.n_self_tests == 0);
  Request(MessageType::kSelfTest, SelfTestRequest{0});
  CHECK(board.n_self_tests == 1);
}

TEST_CASE_FIXTURE(WithModel, "a self-test leaves snapshot, input and results as they were") {
  board.camera_status = Status::kOk;
  board.camera_width = board.camera_height = 2;
  Request(MessageType::kSnapshot);
  const ByteVector before = Read({0, UINT32_MAX, 100, 0, Source::kSample, {}});
  Request(MessageType::kInfer, InferRequest{0, 0, 0, 2, 2, InferSource::kSample, 0, 0, 0});
  const ByteVector output = Read({0, UINT32_MAX, 100, 0, Source::kOutput, {}});
  Request(MessageType::kSelfTest, SelfTestRequest{0});
  CHECK(Read({0, UINT32_MAX, 100, 0, Source::kSample, {}}) == before);
  CHECK(Read({0, UINT32_MAX, 100, 0, Source::kOutput, {}}) == output);
}

TEST_CASE("an app without a self-test says that it has none") {
  App app = TheApp();
  app.self_test = nullptr;
  DeviceUnderTest device(app);
  device.Hello();
  CHECK(device.Refused(MessageType::kSelfTest, SelfTestRequest{0}).status == Status::kUnsupported);
}

TEST_CASE_FIXTURE(DeviceUnderTest, "without a session there is no self-test") {
  CHECK(Refused(MessageType::kSelfTest, SelfTestRequest{0}).status == Status::kBadState);
}

}  // namespace tinyhost
