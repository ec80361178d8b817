#include <algorithm>

#include "device_under_test.h"

namespace tinyhost {
namespace {

StreamRequest On(StreamId id, uint16_t period_ms = 0) { return {id, 1, period_ms}; }
StreamRequest Off(StreamId id) { return {id, 0, 0}; }

bool IsStream(const Received& received, StreamId id) {
  return received.IsEvent(MessageType::kStreamData) && received.As<StreamHeader>().stream == id;
}

Prediction PredictionOf(const Received& received) {
  const ByteVector content = received.After<StreamHeader>();
  Prediction prediction;
  REQUIRE(content.size() >= sizeof(prediction));
  std::memcpy(&prediction, content.data(), sizeof(prediction));
  return prediction;
}

size_t CountText(const std::vector<Received>& all, const std::string& text) {
  return static_cast<size_t>(std::count_if(all.begin(), all.end(), [&](const Received& r) { return r.text == text; }));
}

struct WithCamera : WithModel {
  WithCamera() {
    board.camera_status = Status::kOk;
    board.camera_width = board.camera_height = 2;
    board.camera_pixel = 0;
  }
};

}  // namespace

TEST_CASE_FIXTURE(DeviceUnderTest, "a board without a model says so now and then, and what to do") {
  Run(10'500);
  const std::vector<Received> all = TakeAll();
  CHECK(all.size() == 3);
  CHECK(CountText(all, "no model: tinyhost push MODEL\n") == 3);
  CHECK(board.n_captures == 0);
}

TEST_CASE_FIXTURE(WithModel, "a board without a camera says so now and then") {
  Request(MessageType::kBye);
  Run(10'500);
  const std::vector<Received> all = TakeAll();
  CHECK(CountText(all, "no camera\n") == 3);
  CHECK(all.size() == 3);
}

TEST_CASE_FIXTURE(WithCamera, "without a session predictions are lines of text") {
  Request(MessageType::kBye);
  // Pixels 0..3: input -128..-125, plus 1, bits flipped: 126, 125, 124, 123.
  Run(1);
  const std::vector<Received> all = TakeAll();
  REQUIRE(all.size() == 1);
  CHECK(all[0].text == "no 99% (capture 0.0 ms, preprocess 0.0 ms, invoke 0.0 ms)\n");
  Run(1000);
  CHECK(TakeAll().size() == 5);
}

TEST_CASE_FIXTURE(WithCamera, "ticks that are no time are printed as what they are") {
  board.tick_hz = 0;
  board.ticks_per_read = 1234567;
  Request(MessageType::kBye);
  Run(1);
  const std::vector<Received> all = TakeAll();
  REQUIRE(all.size() == 1);
  CHECK(all[0].text ==
        "no 99% (capture 1234567 instructions, preprocess 1234567 instructions, "
        "invoke 1234567 instructions)\n");
}

TEST_CASE_FIXTURE(WithCamera, "in a session nothing runs unasked") {
  Run(1000);
  CHECK(TakeAll().empty());
  CHECK(board.n_captures == 0);
}

TEST_CASE_FIXTURE(WithCamera, "streamed predictions carry scores, ticks and counts") {
  Request(MessageType::kStream, On(StreamId::kPredictions, 100));
  TakeAll();
  Run(1000);
  const std::vector<Received> all = TakeAll();
  CHECK(all.size() >= 9);
  CHECK(all.size() <= 11);
  uint32_t index = 0;
  for (const Received& received : all) {
    REQUIRE(IsStream(received, StreamId::kPredictions));
    if (index == 0) index = received.As<StreamHeader>().index;
    CHECK(received.As<StreamHeader>().index == index++);
    CHECK(received.As<StreamHeader>().dropped == 0);
    const Prediction prediction = PredictionOf(received);
    CHECK(prediction.status == Status::kOk);
    CHECK(prediction.n_classes == 4);
    CHECK(prediction.capture_ticks == 100);
    CHECK(prediction.invoke_ticks == 100);
    CHECK(prediction.detected == 1);
    CHECK(received.payload.size() == sizeof(StreamHeader) + sizeof(Prediction) + 8);
  }
  Request(MessageType::kStream, Off(StreamId::kPredictions));
  Run(1000);
  CHECK(TakeAll().empty());
}

TEST_CASE_FIXTURE(WithCamera, "the LED shows that the model's target is detected") {
  Request(MessageType::kStream, On(StreamId::kPredictions));
  board.camera_pixel = 254;  // scores -128, 127, 126, 125: class 1 is the target
  Poll();
  CHECK(board.led == hal::LedState::kDetected);
  board.camera_pixel = 0;  // scores 126, 125, 124, 123
  Poll();
  CHECK(board.led == hal::LedState::kSession);
  board.camera_status = Status::kNoSensor;
  Poll();
  CHECK(board.led == hal::LedState::kFault);
}

TEST_CASE_FIXTURE(WithCamera, "a failed capture reaches the host as a status, without scores") {
  Request(MessageType::kStream, On(StreamId::kPredictions));
  TakeAll();
  board.camera_status = Status::kSensorTimeout;
  Run(2000);
  const std::vector<Received> all = TakeAll();
  size_t n_predictions = 0;
  for (const Received& received : all) {
    if (!IsStream(received, StreamId::kPredictions)) {
      CHECK(received.IsEvent(MessageType::kLog));
      continue;
    }
    ++n_predictions;
    CHECK(PredictionOf(received).status == Status::kSensorTimeout);
    CHECK(PredictionOf(received).n_classes == 0);
  }
  CHECK(n_predictions >= 3);
  CHECK(all.size() == n_predictions + 1);  // one LOG
}

TEST_CASE_FIXTURE(WithCamera, "a camera stream carries whole frames; one capture serves both streams") {
  Request(MessageType::kStream, On(StreamId::kCamera));
  Request(MessageType::kStream, On(StreamId::kPredictions));
  TakeAll();
  const size_t n_before = board.n_captures;
  Poll(10);
  const std::vector<Received> all = TakeAll();
  CHECK(board.n_captures == n_before + 10);
  REQUIRE(all.size() == 20);
  for (size_t i = 0; i < all.size(); i += 2) {
    REQUIRE(IsStream(all[i], StreamId::kCamera));
    REQUIRE(IsStream(all[i + 1], StreamId::kPredictions));
    const ByteVector content = all[i].After<StreamHeader>();
    FrameInfo info;
    std::memcpy(&info, content.data(), sizeof(info));
    CHECK(info.index == PredictionOf(all[i + 1]).position);
    CHECK(content.size() == sizeof(info) + info.n_bytes);
    CHECK(info.crc32 == Crc32(content.data() + sizeof(info), info.n_bytes));
  }
}

TEST_CASE_FIXTURE(WithCamera, "frames that the host did not read are counted as dropped") {
  Request(MessageType::kStream, On(StreamId::kCamera));
  TakeAll();
  board.n_takes = 100;
  Poll(5);
  board.n_takes = SIZE_MAX;
  Poll(1);
  const std::vector<Received> all = TakeAll();
  REQUIRE(!all.empty());
  const auto last = all.back().As<StreamHeader>();
  CHECK(last.dropped > 0);
  CHECK(last.index + 1 >= all.size() + last.dropped);
}

TEST_CASE_FIXTURE(WithCamera, "the reply to stream tells the next index, and what was given up before") {
  const auto first = Request(MessageType::kStream, On(StreamId::kCamera)).As<StreamHeader>();
  CHECK(first.stream == StreamId::kCamera);
  board.n_takes = 100;
  Poll(5);
  board.n_takes = SIZE_MAX;
  TakeAll();
  const auto off = Request(MessageType::kStream, Off(StreamId::kCamera)).As<StreamHeader>();
  CHECK(off.index >= first.index + 5);
  CHECK(off.dropped >= first.dropped + 4);  // the first fitted in part
  // The reply was lost: the same again.
  const auto again = Request(MessageType::kStream, Off(StreamId::kCamera)).As<StreamHeader>();
  CHECK(again.index == off.index);
  CHECK(again.dropped == off.dropped);
}

TEST_CASE_FIXTURE(WithCamera, "counts of streams outlive a session, but no restart") {
  Request(MessageType::kStream, On(StreamId::kCamera));
  Poll(4);
  TakeAll();
  Hello();
  const uint32_t index = Request(MessageType::kStream, On(StreamId::kCamera)).As<StreamHeader>().index;
  CHECK(index >= 4);
  Boot();
  Hello();
  CHECK(Request(MessageType::kStream, On(StreamId::kCamera)).As<StreamHeader>().index == 0);
}

TEST_CASE_FIXTURE(WithCamera, "a shorter period holds at once") {
  Request(MessageType::kStream, On(StreamId::kCamera, 60'000));
  Poll();
  TakeAll();
  Request(MessageType::kStream, On(StreamId::kCamera, 10));
  Run(100);
  CHECK(TakeAll().size() >= 5);
}

TEST_CASE_FIXTURE(WithCamera, "hello stops all streams") {
  Request(MessageType::kStream, On(StreamId::kCamera));
  Hello();
  Run(500);
  CHECK(TakeAll().empty());
}

TEST_CASE_FIXTURE(Connected, "unknown streams are refused") {
  CHECK(Refused(MessageType::kStream, On(static_cast<StreamId>(9))).status == Status::kUnsupported);
}

TEST_CASE_FIXTURE(Connected, "a snapshot is kept for reading") {
  CHECK(Refused(MessageType::kSnapshot).status == Status::kNoSensor);
  board.camera_status = Status::kOk;
  const auto info = Request(MessageType::kSnapshot).As<FrameInfo>();
  CHECK(info.width == 96);
  CHECK(info.n_bytes == 96 * 96);
  CHECK(info.index == 1);
  CHECK(info.dropped == 1);
  const ByteVector pixels = Read({0, UINT32_MAX, 4000, 0, Source::kSample, {}});
  CHECK(pixels.size() == info.n_bytes);
  CHECK(Crc32(pixels.data(), pixels.size()) == info.crc32);
  Request(MessageType::kSettingSet, SettingSetRequest{Setting::kCameraResolution, 0, 1});
  CHECK(Request(MessageType::kSnapshot).As<FrameInfo>().n_bytes == 160 * 120);
}

TEST_CASE_FIXTURE(WithCamera, "a repeated snapshot request shows the same picture, unless it is gone") {
  const Received first = Exchange(MessageType::kSnapshot, {}, 50).back();
  Request(MessageType::kPing, PingRequest{1});
  CHECK(Exchange(MessageType::kSnapshot, {}, 50).back().payload == first.payload);
  CHECK(board.n_captures == 1);
  Request(MessageType::kWrite, WriteRequest{0, Source::kSample, {}}, {1, 2, 3});
  CHECK(Exchange(MessageType::kSnapshot, {}, 50).back().As<FrameInfo>().index == first.As<FrameInfo>().index + 1);
  CHECK(board.n_captures == 2);
  board.camera_status = Status::kNoSensor;
  CHECK(Exchange(MessageType::kSnapshot, {}, 51).back().IsReplyTo(MessageType::kError));
  board.camera_status = Status::kOk;
  CHECK(Exchange(MessageType::kSnapshot, {}, 51).back().IsReplyTo(MessageType::kSnapshot));  // a refusal is no effect
}

TEST_CASE_FIXTURE(WithCamera, "scores are smoothed") {
  Request(MessageType::kSettingSet, SettingSetRequest{Setting::kSmoothing, 0, 128});
  Request(MessageType::kStream, On(StreamId::kPredictions));
  board.camera_pixel = 127;  // input -1, 0, 1, 2 -> -1, -2, -3, -4
  TakeAll();
  Poll();
  board.camera_pixel = 7;  // input -121.. -> 119, 118, 117, 116
  Poll();
  const std::vector<Received> all = TakeAll();
  REQUIRE(all.size() == 2);
  const ByteVector second = all[1].After<StreamHeader>();
  const auto score = [&](size_t i) { return static_cast<int8_t>(second[sizeof(Prediction) + i]); };
  CHECK(score(0) == 119);
  CHECK(score(4) > 0);
  CHECK(score(4) < 119);
}

}  // namespace tinyhost
