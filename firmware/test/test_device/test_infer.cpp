#include <algorithm>

#include "core/pattern.h"
#include "device_under_test.h"

namespace tinyhost {
namespace {

/// What TinyModel makes of an input, after its operator 0 and at the end.
ByteVector AfterOperator0(ByteVector bytes, uint8_t variant = 1) {
  for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(byte + variant);
  return bytes;
}
ByteVector Output(ByteVector bytes, uint8_t variant = 1) {
  bytes = AfterOperator0(bytes, variant);
  for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(~byte);
  return bytes;
}

InferRequest From(InferSource source) { return {0, 0, 0, 0, 0, source, 0, 0, 0}; }
ReadRequest ReadAll(Source source, uint16_t index = 0) { return {0, UINT32_MAX, 1000, index, source, {}}; }

const ByteVector kInput = {1, 2, 3, 250};

}  // namespace

TEST_CASE_FIXTURE(Connected, "without a model there is nothing to run") {
  CHECK(Refused(MessageType::kInfer, From(InferSource::kPattern)).status == Status::kNoModel);
  CHECK(Refused(MessageType::kWrite, WriteRequest{0, Source::kInput, {}}, kInput).status == Status::kNoModel);
  CHECK(Refused(MessageType::kRead, ReadAll(Source::kModel)).status == Status::kNoModel);
  CHECK(Refused(MessageType::kProfile, ProfileRequest{0}).status == Status::kNoModel);
}

TEST_CASE_FIXTURE(WithModel, "an injected input runs and its output comes back") {
  Request(MessageType::kWrite, WriteRequest{0, Source::kInput, {}}, kInput);
  const Received reply = Request(MessageType::kInfer, From(InferSource::kInput));
  CHECK(reply.After<InferReply>() == Output(kInput));
  const auto figures = reply.As<InferReply>();
  CHECK(figures.input_crc32 == Crc32(kInput.data(), kInput.size()));
  CHECK(figures.sample_crc32 == 0);
  CHECK(figures.capture_ticks == 0);
  CHECK(figures.invoke_ticks == 100);
  CHECK(figures.output_bytes == 4);
  CHECK(figures.n_operators == 2);
  CHECK(Read(ReadAll(Source::kOutput)) == Output(kInput));
}

TEST_CASE_FIXTURE(WithModel, "each stage is marked once, and no mark stays") {
  board.camera_status = Status::kOk;
  Request(MessageType::kInfer, From(InferSource::kPattern));
  CHECK(board.n_marks[static_cast<size_t>(hal::Stage::kInvoke)] == 1);
  CHECK(board.n_marks[static_cast<size_t>(hal::Stage::kPreprocess)] == 0);
  Request(MessageType::kInfer, From(InferSource::kSensor));
  for (const auto stage : {hal::Stage::kCapture, hal::Stage::kPreprocess}) {
    CHECK(board.n_marks[static_cast<size_t>(stage)] == 1);
  }
  CHECK(board.n_marks[static_cast<size_t>(hal::Stage::kInvoke)] == 2);
  CHECK(board.n_marks[0] == 4);
  CHECK(board.stage == hal::Stage::kNone);
}

TEST_CASE_FIXTURE(WithModel, "a repeated infer request gets the same answer, though its input is used up") {
  Request(MessageType::kWrite, WriteRequest{0, Source::kInput, {}}, kInput);
  const ByteVector infer = Join(From(InferSource::kInput), {});
  const Received first = Exchange(MessageType::kInfer, infer, 77).back();
  const Received second = Exchange(MessageType::kInfer, infer, 77).back();
  CHECK(first.payload == second.payload);
  CHECK(Refused(MessageType::kInfer, From(InferSource::kInput)).status == Status::kBadState);
}

TEST_CASE_FIXTURE(WithModel, "an infer request is known again behind other requests") {
  Request(MessageType::kWrite, WriteRequest{0, Source::kInput, {}}, kInput);
  const ByteVector infer = Join(From(InferSource::kInput), {});
  const Received first = Exchange(MessageType::kInfer, infer, 77).back();
  Request(MessageType::kPing, PingRequest{1});
  Request(MessageType::kPing, PingRequest{2});
  Request(MessageType::kSettings);
  CHECK(Exchange(MessageType::kInfer, infer, 77).back().payload == first.payload);
}

TEST_CASE_FIXTURE(WithModel,
                  "an infer request whose output is gone runs again or is refused, and never shows other bytes") {
  Request(MessageType::kWrite, WriteRequest{0, Source::kInput, {}}, kInput);
  const ByteVector infer = Join(From(InferSource::kInput), {});
  Exchange(MessageType::kInfer, infer, 77);
  Request(MessageType::kWrite, WriteRequest{0, Source::kInput, {}}, {9});
  CHECK(Exchange(MessageType::kInfer, infer, 77).back().IsReplyTo(MessageType::kError));
  const ByteVector pattern = Join(From(InferSource::kPattern), {});
  const Received run = Exchange(MessageType::kInfer, pattern, 78).back();
  Request(MessageType::kWrite, WriteRequest{0, Source::kInput, {}}, {9});
  CHECK(Exchange(MessageType::kInfer, pattern, 78).back().After<InferReply>() == run.After<InferReply>());
}

TEST_CASE_FIXTURE(WithModel, "a new session's requests are new, whatever their numbers") {
  Request(MessageType::kWrite, WriteRequest{0, Source::kInput, {}}, kInput);
  const ByteVector infer = Join(From(InferSource::kInput), {});
  Exchange(MessageType::kInfer, infer, 77);
  Hello();
  CHECK(Exchange(MessageType::kInfer, infer, 77).back().IsReplyTo(MessageType::kError));
}

TEST_CASE_FIXTURE(WithModel, "numbers come round: after many requests the same number is a new request") {
  Request(MessageType::kWrite, WriteRequest{0, Source::kInput, {}}, kInput);
  const ByteVector infer = Join(From(InferSource::kInput), {});
  Exchange(MessageType::kInfer, infer, 77);
  for (int i = 0; i < 1 << 15; ++i) Request(MessageType::kSink);
  CHECK(Exchange(MessageType::kInfer, infer, 77).back().IsReplyTo(MessageType::kError));
}

TEST_CASE_FIXTURE(WithModel, "a pattern input is that of the seed") {
  InferRequest infer = From(InferSource::kPattern);
  infer.seed = 1234;
  ByteVector pattern(4);
  FillPattern(1234, 0, pattern.data(), pattern.size());
  CHECK(Request(MessageType::kInfer, infer).After<InferReply>() == Output(pattern));
}

TEST_CASE_FIXTURE(WithModel, "an input is written in order, and again") {
  Request(MessageType::kWrite, WriteRequest{0, Source::kInput, {}}, {9, 9});
  ErrorReply error = Refused(MessageType::kWrite, WriteRequest{3, Source::kInput, {}}, {1});
  CHECK(error.status == Status::kBadArgument);
  CHECK(error.expected == 2);
  CHECK(Refused(MessageType::kInfer, From(InferSource::kInput)).status == Status::kBadState);  // half of it is there
  error = Refused(MessageType::kWrite, WriteRequest{0, Source::kInput, {}}, ByteVector(5));
  CHECK(error.status == Status::kNoSpace);
  CHECK(error.expected == 4);
  CHECK(Request(MessageType::kWrite, WriteRequest{0, Source::kInput, {}}, {1, 2}).As<OffsetHeader>().offset == 2);
  CHECK(Request(MessageType::kWrite, WriteRequest{2, Source::kInput, {}}, {3, 250}).As<OffsetHeader>().offset == 4);
  CHECK(Request(MessageType::kInfer, From(InferSource::kInput)).After<InferReply>() == Output(kInput));
  CHECK(Refused(MessageType::kWrite, WriteRequest{0, Source::kOutput, {}}, {1}).status == Status::kUnsupported);
}

TEST_CASE_FIXTURE(WithModel, "a written picture is preprocessed") {
  // 4 x 2 pixels, the middle 2 x 2 of which are the model's input.
  const ByteVector picture = {0, 10, 20, 0, 0, 30, 40, 0};
  Request(MessageType::kWrite, WriteRequest{0, Source::kSample, {}}, picture);
  InferRequest infer = From(InferSource::kSample);
  infer.width = 4;
  infer.height = 2;
  const Received reply = Request(MessageType::kInfer, infer);
  const ByteVector input = Scores({10 - 128, 20 - 128, 30 - 128, 40 - 128});
  CHECK(reply.After<InferReply>() == Output(input));
  CHECK(reply.As<InferReply>().sample_crc32 == Crc32(picture.data(), picture.size()));
  CHECK(reply.As<InferReply>().input_crc32 == Crc32(input.data(), input.size()));
  CHECK(reply.As<InferReply>().preprocess_ticks == 100);
  CHECK(Read(ReadAll(Source::kSample)) == picture);
  infer.height = 3;
  CHECK(Refused(MessageType::kInfer, infer).status == Status::kBadState);  // more pixels than were written
  infer.height = 0;
  CHECK(Refused(MessageType::kInfer, infer).status == Status::kBadArgument);
}

TEST_CASE_FIXTURE(WithModel, "prepare_only shows the preprocessed input, and the run goes on from there") {
  Request(MessageType::kWrite, WriteRequest{0, Source::kSample, {}}, {10, 20, 30, 40});
  InferRequest infer = From(InferSource::kSample);
  infer.width = infer.height = 2;
  infer.prepare_only = 1;
  const Received reply = Request(MessageType::kInfer, infer);
  CHECK(reply.After<InferReply>().empty());
  const ByteVector input = Scores({10 - 128, 20 - 128, 30 - 128, 40 - 128});
  CHECK(Read(ReadAll(Source::kInput)) == input);
  CHECK(Request(MessageType::kInfer, From(InferSource::kInput)).After<InferReply>() == Output(input));
  CHECK(Refused(MessageType::kRead, ReadAll(Source::kInput)).status == Status::kBadState);  // used up
}

TEST_CASE_FIXTURE(WithModel, "operators run one by one and each output can be read") {
  Request(MessageType::kWrite, WriteRequest{0, Source::kInput, {}}, kInput);
  InferRequest infer = From(InferSource::kInput);
  infer.end_operator = 1;
  CHECK(Request(MessageType::kInfer, infer).After<InferReply>().empty());
  CHECK(Read(ReadAll(Source::kOperator, 0)) == AfterOperator0(kInput));
  CHECK(Refused(MessageType::kRead, ReadAll(Source::kOperator, 1)).status == Status::kBadState);
  CHECK(Refused(MessageType::kRead, ReadAll(Source::kOutput)).status == Status::kBadState);
  infer.first_operator = 1;
  infer.end_operator = 2;
  CHECK(Request(MessageType::kInfer, infer).After<InferReply>() == Output(kInput));
  CHECK(Read(ReadAll(Source::kOperator, 1)) == Output(kInput));
  const ErrorReply error = Refused(MessageType::kInfer, infer);  // operator 0 did not run
  CHECK(error.status == Status::kBadState);
  CHECK(error.expected == 2);
  CHECK(error.got == 1);
}

TEST_CASE_FIXTURE(WithModel, "operators that are not there are refused") {
  InferRequest infer = From(InferSource::kPattern);
  infer.end_operator = 3;
  const ErrorReply error = Refused(MessageType::kInfer, infer);
  CHECK(error.status == Status::kBadArgument);
  CHECK(error.expected == 2);
  infer.end_operator = 1;
  infer.first_operator = 1;
  CHECK(Refused(MessageType::kInfer, infer).status == Status::kBadArgument);
  CHECK(Refused(MessageType::kInfer, From(static_cast<InferSource>(9))).status == Status::kUnsupported);
}

TEST_CASE_FIXTURE(WithModel, "a profile lists the ticks of each operator") {
  CHECK(Refused(MessageType::kProfile, ProfileRequest{0}).status == Status::kBadState);
  InferRequest infer = From(InferSource::kPattern);
  infer.profile = 1;
  Request(MessageType::kInfer, infer);
  const Received reply = Request(MessageType::kProfile, ProfileRequest{0});
  CHECK(reply.As<ProfileReply>().n_operators == 2);
  const ByteVector list = reply.After<ProfileReply>();
  REQUIRE(list.size() == 2 * sizeof(ProfileEntry));
  ProfileEntry entries[2];
  std::memcpy(entries, list.data(), sizeof(entries));
  CHECK(entries[0].ticks == 100);
  CHECK(entries[0].code == static_cast<uint8_t>(OperatorCode::kRelu));
  CHECK(entries[1].code == static_cast<uint8_t>(OperatorCode::kRelu6));
  CHECK(Request(MessageType::kProfile, ProfileRequest{1}).After<ProfileReply>().size() == sizeof(ProfileEntry));
  CHECK(Refused(MessageType::kProfile, ProfileRequest{2}).status == Status::kBadArgument);
}

TEST_CASE_FIXTURE(WithModel, "a new camera frame runs, and a failed capture never does") {
  board.camera_status = Status::kOk;
  board.camera_width = board.camera_height = 2;
  board.camera_pixel = 100;
  const ByteVector input = Scores({100 - 128, 101 - 128, 102 - 128, 103 - 128});
  const Received reply = Request(MessageType::kInfer, From(InferSource::kSensor));
  CHECK(reply.After<InferReply>() == Output(input));
  CHECK(reply.As<InferReply>().capture_ticks == 100);
  for (const Status status : {Status::kNoSensor, Status::kSensorTimeout}) {
    board.camera_status = status;
    CHECK(Refused(MessageType::kInfer, From(InferSource::kSensor)).status == status);
    InferRequest infer = From(InferSource::kSample);
    infer.width = infer.height = 2;
    CHECK(Refused(MessageType::kInfer, infer).status == Status::kBadState);  // no stale or torn picture either
    CHECK(Read(ReadAll(Source::kSample)).empty());
  }
}

TEST_CASE_FIXTURE(Connected, "a model of another task runs on injected inputs only") {
  Push(TinyModel(1, 0, Task::kKws));
  Request(MessageType::kInfer, From(InferSource::kPattern));
  board.camera_status = Status::kOk;
  CHECK(Refused(MessageType::kInfer, From(InferSource::kSensor)).status == Status::kModelMismatch);
}

TEST_CASE_FIXTURE(Connected, "the pattern source measures the link") {
  ReadRequest read = {10, 5000, 333, 7, Source::kPattern, {}};
  ByteVector expected(5000);
  FillPattern(7, 10, expected.data(), expected.size());
  CHECK(Read(read) == expected);
  read.chunk_bytes = 0;
  CHECK(Refused(MessageType::kRead, read).status == Status::kBadArgument);
  read.chunk_bytes = UINT16_MAX;
  CHECK(Refused(MessageType::kRead, read).status == Status::kBadArgument);
  read = {2'000'000, 1, 100, 7, Source::kPattern, {}};
  CHECK(Refused(MessageType::kRead, read).status == Status::kBadArgument);
  CHECK(Refused(MessageType::kRead, ReadAll(static_cast<Source>(9))).status != Status::kOk);
}

TEST_CASE_FIXTURE(Connected, "a read ends when the host stops reading") {
  board.n_takes = 3000;
  SendFrame(MessageType::kRead, 1, Join(ReadRequest{0, 100'000, 1000, 7, Source::kPattern, {}}, {}));
  Poll();
  board.n_takes = SIZE_MAX;
  CHECK(TakeAll().size() == 2);
  CHECK(Request(MessageType::kPing, PingRequest{1}).As<PingReply>().tx_dropped == 2);  // one DATA, and the reply
}

}  // namespace tinyhost
