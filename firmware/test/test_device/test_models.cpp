#include "device_under_test.h"

namespace tinyhost {

TEST_CASE_FIXTURE(Connected, "a pushed model is active and described") {
  const SlotInfo info = Push(TinyModel());
  CHECK(info.state == SlotState::kValid);
  CHECK(info.active == 1);
  CHECK(std::string(info.name) == "tiny");
  const std::vector<uint8_t> image = TinyModel();
  CHECK(info.image_bytes == image.size());
  Boot();
  Hello();
  const ByteVector list = Request(MessageType::kModelList).payload;
  REQUIRE(list.size() == 2 * sizeof(SlotInfo));
  SlotInfo slots[2];
  std::memcpy(slots, list.data(), sizeof(slots));
  CHECK(slots[0].active == 1);
  CHECK(slots[1].state == SlotState::kEmpty);
}

TEST_CASE_FIXTURE(WithModel, "the active image can be read back in pieces") {
  ReadRequest read = {0, UINT32_MAX, 100, 0, Source::kModel, {}};
  CHECK(Read(read) == TinyModel());
  read.offset = 200;
  read.n_bytes = 33;
  const ByteVector image = TinyModel();
  CHECK(Read(read) == ByteVector(image.begin() + 200, image.begin() + 233));
}

TEST_CASE_FIXTURE(WithModel, "a model that is there already needs no data") {
  Push(TinyModel(2));
  const ModelBeginReply begin = BeginPush(TinyModel(1));
  CHECK(begin.present == 1);
  CHECK(begin.offset == TinyModel(1).size());
  const auto info = Request(MessageType::kModelCommit).As<SlotInfo>();
  CHECK(info.active == 1);
  CHECK(Read({0, UINT32_MAX, 1000, 0, Source::kModel, {}}) == TinyModel(1));
}

TEST_CASE_FIXTURE(WithModel, "a push goes on after a power loss") {
  const ByteVector image = TinyModel(2, 9000);
  CHECK(BeginPush(image).offset == 0);
  for (uint32_t offset = 0; offset < 5000; offset += 1000) {
    Request(MessageType::kModelWrite, OffsetHeader{offset},
            ByteVector(image.begin() + offset, image.begin() + offset + 1000));
  }
  Boot();
  Hello();
  CHECK(Read({0, UINT32_MAX, 1000, 0, Source::kModel, {}}) == TinyModel(1));
  CHECK(BeginPush(image).offset == hal::kFlashPageBytes);
  Push(image);
  CHECK(Read({0, UINT32_MAX, 1000, 0, Source::kModel, {}}) == image);
}

TEST_CASE_FIXTURE(WithModel, "a write beyond the next wanted byte says which one that is") {
  BeginPush(TinyModel(2));
  Request(MessageType::kModelWrite, OffsetHeader{0}, ByteVector(10));
  const ErrorReply error = Refused(MessageType::kModelWrite, OffsetHeader{11}, ByteVector(10));
  CHECK(error.status == Status::kBadArgument);
  CHECK(error.expected == 10);
  CHECK(error.got == 11);
}

TEST_CASE_FIXTURE(WithModel, "an image that is no model image is refused and the old model runs on") {
  ByteVector image = TinyModel(2);
  image[100] ^= 1;
  const uint32_t offset = BeginPush(image).offset;
  CHECK(offset == 0);
  Request(MessageType::kModelWrite, OffsetHeader{0}, image);
  CHECK(Refused(MessageType::kModelCommit).status == Status::kImageChecksum);
  CHECK(Read({0, UINT32_MAX, 1000, 0, Source::kModel, {}}) == TinyModel(1));
  const InferRequest infer = {1, 0, 0, 0, 0, InferSource::kPattern, 0, 0, 0};
  Request(MessageType::kInfer, infer);
}

TEST_CASE_FIXTURE(Connected, "sizes that cannot be are refused with the limit") {
  ModelBeginRequest begin = {4 * hal::kFlashPageBytes + 1, 0, {}};
  const ErrorReply error = Refused(MessageType::kModelBegin, begin);
  CHECK(error.status == Status::kNoSpace);
  CHECK(error.expected == 4 * hal::kFlashPageBytes);
  begin.image_bytes = 0;
  CHECK(Refused(MessageType::kModelBegin, begin).status == Status::kBadArgument);
  CHECK(Refused(MessageType::kModelWrite, OffsetHeader{0}, ByteVector(4)).status == Status::kBadState);
  CHECK(Refused(MessageType::kModelCommit).status == Status::kBadState);
}

TEST_CASE_FIXTURE(WithModel, "a repeated rollback request rolls back once") {
  CHECK(Refused(MessageType::kModelRollback).status == Status::kNoModel);
  Push(TinyModel(2));
  CHECK(Exchange(MessageType::kModelRollback, {}, 500).back().As<SlotInfo>().slot == 0);
  CHECK(Exchange(MessageType::kModelRollback, {}, 500).back().As<SlotInfo>().slot == 0);
  CHECK(Exchange(MessageType::kModelRollback, {}, 501).back().As<SlotInfo>().slot == 1);
}

}  // namespace tinyhost
