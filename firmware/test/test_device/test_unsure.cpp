#include "device_under_test.h"

namespace tinyhost {
namespace {

struct Kept {
  UnsureReply reply;
  std::vector<UnsureSample> samples;
};

/// Of TinyModel the two best scores of a picture differ by 1.
struct WithCamera : WithModel {
  WithCamera() {
    board.camera_status = Status::kOk;
    board.camera_width = board.camera_height = 2;
  }

  void SetMargin(int32_t margin) {
    Request(MessageType::kSettingSet, SettingSetRequest{Setting::kUnsureMargin, 0, margin});
  }
  /// Without a host the board looks five times a second.
  void RunAlone(uint32_t duration_ms) {
    Request(MessageType::kBye);
    Run(duration_ms);
    TakeAll();
    Hello();
  }
  Kept List(uint8_t clear = 0) {
    const Received received = Request(MessageType::kUnsure, UnsureRequest{clear, {}});
    Kept kept = {received.As<UnsureReply>(), {}};
    const ByteVector entries = received.After<UnsureReply>();
    REQUIRE(entries.size() == kept.reply.n_kept * sizeof(UnsureSample));
    kept.samples.resize(kept.reply.n_kept);
    if (!entries.empty()) std::memcpy(kept.samples.data(), entries.data(), entries.size());
    return kept;
  }
  ByteVector ReadSample(uint16_t index) { return Read({0, UINT32_MAX, 4096, index, Source::kUnsure, {}}); }
};

}  // namespace

TEST_CASE_FIXTURE(WithCamera, "nothing is kept unless somebody asked for it, nor what the model is sure of") {
  RunAlone(5000);
  CHECK(List().reply.n_unsure == 0);
  SetMargin(1);
  RunAlone(5000);
  CHECK(List().reply.n_unsure == 0);
  CHECK(ReadSample(0).empty());
}

TEST_CASE_FIXTURE(WithCamera, "a picture a second is kept, with what the model said of it, until it is erased") {
  SetMargin(2);
  board.camera_pixel = 7;
  RunAlone(2500);
  const Kept kept = List();
  REQUIRE(kept.samples.size() == 3);
  CHECK(kept.reply.n_unsure == 3);
  CHECK(kept.reply.coding == SampleCoding::kPlain);
  for (uint16_t i = 0; i < 3; ++i) {
    const UnsureSample& sample = kept.samples[i];
    CHECK(sample.width * sample.height == 4);
    CHECK(sample.margin == 1);
    CHECK(sample.n_classes == 4);
    CHECK(sample.top == 0);
    CHECK(sample.scores[0] == sample.scores[1] + 1);
    if (i != 0) CHECK(sample.time_us >= kept.samples[i - 1].time_us + 1'000'000);
    const ByteVector pixels = ReadSample(i);
    REQUIRE(pixels.size() == 4);
    CHECK(pixels[3] == static_cast<uint8_t>(pixels[0] + 3));
    // scores = ~(pixel - 128 + 1)
    CHECK(static_cast<uint8_t>(~(pixels[0] - 127)) == static_cast<uint8_t>(sample.scores[0]));
  }
  CHECK(List().samples.size() == 3);
  CHECK(List(1).reply.n_unsure == 0);
  CHECK(List().samples.empty());
  CHECK(ReadSample(0).empty());
}

TEST_CASE_FIXTURE(WithCamera, "when the room is full the oldest ones make room, which is counted") {
  SetMargin(255);
  RunAlone(60'000);
  const Kept kept = List();
  CHECK(kept.reply.n_room > 4);
  CHECK(kept.samples.size() == kept.reply.n_room);
  CHECK(kept.reply.n_unsure >= 50);
  CHECK(kept.samples.front().time_us > 60'000'000 - (kept.reply.n_room + 2) * 1'250'000u);
  for (size_t i = 1; i < kept.samples.size(); ++i) CHECK(kept.samples[i].time_us > kept.samples[i - 1].time_us);
}

TEST_CASE_FIXTURE(WithCamera, "another model's arena has no samples of the last one") {
  SetMargin(2);
  RunAlone(2500);
  CHECK(List().samples.size() == 3);
  Push(TinyModel());
  const Kept kept = List();
  CHECK(kept.samples.empty());
  CHECK(kept.reply.n_unsure == 3);
  CHECK(ReadSample(0).empty());
}

}  // namespace tinyhost
