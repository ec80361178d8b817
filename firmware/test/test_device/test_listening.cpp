#include <algorithm>
#include <numeric>

#include "device_under_test.h"
#include "hal/microphone.h"

namespace tinyhost {
namespace {

constexpr uint32_t kRateMhz = 1'000'000;  // one sample per millisecond
constexpr size_t kStride = 4;             // samples
constexpr size_t kWindow = 8;

/// The sensor and the app's memory of what it heard.
struct Ear {
  Status start_status = Status::kOk;
  Status read_status = Status::kOk;
  Status check_status = Status::kOk;
  uint32_t checked_mhz = 0;    // rate of the samples that were checked last
  uint32_t restarted_mhz = 0;  // and of those that came after the last restart
  bool is_on = false;
  size_t n_starts = 0;
  std::vector<int16_t> samples;  // that nobody read yet
  uint64_t position = 0;         // of the first of them
  uint32_t lost = 0;
  std::vector<int16_t> window;  // the newest
  size_t n_in_stride = 0;
  uint64_t last_time_us = 0;
};
Ear ear;

Status StartSensor(hal::Sampling* sampling) {
  if (ear.start_status != Status::kOk) return ear.start_status;
  ear.is_on = true;
  ++ear.n_starts;
  *sampling = {kRateMhz, 0.5f, 1};
  return Status::kOk;
}
void StopSensor() { ear.is_on = false; }
Status ReadSensor(int16_t* samples, size_t max, hal::SampleBlock* block) {
  if (ear.read_status != Status::kOk) return ear.read_status;
  const size_t n = std::min(max, ear.samples.size());
  std::copy_n(ear.samples.begin(), n, samples);
  ear.samples.erase(ear.samples.begin(), ear.samples.begin() + static_cast<std::ptrdiff_t>(n));
  *block = {n, ear.position, ear.position * 1000, ear.lost, ear.samples.size()};
  ear.position += n;
  return Status::kOk;
}

Status Check(const hal::Sampling& sampling) {
  ear.checked_mhz = sampling.rate_mhz;
  return ear.check_status;
}
void Restart(uint32_t rate_mhz) {
  ear.restarted_mhz = rate_mhz;
  ear.window.clear();
  ear.n_in_stride = 0;
}
size_t Take(const int16_t* samples, size_t n_samples, Completed* completed) {
  const size_t n = std::min(n_samples, kStride - ear.n_in_stride);
  ear.window.insert(ear.window.end(), samples, samples + n);
  ear.n_in_stride += n;
  if (ear.n_in_stride < kStride) return n;
  ear.n_in_stride = 0;
  if (ear.window.size() > kWindow) ear.window.erase(ear.window.begin(), ear.window.end() - kWindow);
  *completed = ear.window.size() == kWindow ? Completed::kWindow : Completed::kStride;
  return n;
}
StrideFeatures Features() {
  static int8_t values[2];
  values[0] = static_cast<int8_t>(ear.window.back());
  values[1] = static_cast<int8_t>(ear.window.size());
  return {values, 2, 7, 3};
}
Status Fill(const Engine& engine) {
  // TinyModel's input: the first and the last two samples of the window, and their number.
  auto* input = static_cast<int8_t*>(engine.input().data);
  input[0] = static_cast<int8_t>(ear.window.front());
  input[1] = static_cast<int8_t>(ear.window[kWindow - 2]);
  input[2] = static_cast<int8_t>(ear.window[kWindow - 1]);
  input[3] = kWindow;
  return Status::kOk;
}

constexpr SampleInput kSampleInput = {
    .describe_sensor = hal::DescribeMicrophone,
    .start_sensor = StartSensor,
    .stop_sensor = StopSensor,
    .read_sensor = ReadSensor,
    .n_channels = 1,
    .read_period_ms = 10,
    .check = Check,
    .restart = Restart,
    .take = Take,
    .features = Features,
    .fill = Fill,
    .window_samples = [] { return kWindow; },
};
constexpr SettingSpec kSettings[] = {{Setting::kPeriodMs, 0, 1000, 0}};

Status Prepare(const Sample& sample, const Engine& engine) {
  if (sample.bytes.size != 8 || sample.width != 2 || sample.height != 2) return Status::kBadArgument;
  for (size_t i = 0; i < 4; ++i) static_cast<uint8_t*>(engine.input().data)[i] = sample.bytes.data[2 * i];
  return Status::kOk;
}
void Conclude(const Engine& engine, const SettingTable&, uint64_t time_us, Result* result) {
  const TensorView output = engine.output();
  result->prediction.n_classes = 4;
  std::memcpy(result->scores, output.data, 4);
  std::memcpy(result->smoothed, output.data, 4);
  result->prediction.detected = result->scores[2] == ~6;  // the window ended with 5
  CHECK(time_us > ear.last_time_us);
  ear.last_time_us = time_us;
}
void Describe(const Engine&, const Result& result, Text* text) {
  *text << (result.prediction.detected != 0 ? "five" : "");
}

constexpr SelfTest kSelfTest = {
    .n_parts = [] { return uint16_t{1}; },
    .run =
        [](uint16_t, hal::FindingList* findings) {
          CHECK(!ear.is_on);
          findings->Add(SelfTestCheck::kNoise, 5, {0, 9});
        },
};

constexpr App kApp = {
    .name = "listens",
    .sensor = SensorKind::kMicrophone,
    .arena = {},
    .sample = {},
    .settings = kSettings,
    .n_settings = 1,
    .check_model = [](const Engine&) { return Status::kOk; },
    .start_model = [](const Engine&, SettingTable*) { ear.last_time_us = 0; },
    .prepare = Prepare,
    .conclude = Conclude,
    .describe = Describe,
    .self_test = &kSelfTest,
    .camera = nullptr,
    .sample_input = &kSampleInput,
};

struct Listener : DeviceUnderTest {
  Listener() : DeviceUnderTest((ear = {}, kApp)) {
    Hello();
    Push(TinyModel());
  }
  void Sound(int first, int n) {
    for (int i = 0; i < n; ++i) ear.samples.push_back(static_cast<int16_t>(first + i));
  }
  static ByteVector Pcm(int first, int n) {
    ByteVector bytes;
    for (int i = 0; i < n; ++i) {
      bytes.push_back(static_cast<uint8_t>((first + i) & 0xFF));
      bytes.push_back(static_cast<uint8_t>((first + i) >> 8));
    }
    return bytes;
  }
  /// What FEED answers: position, and the third score of each result, which says what its window ended with.
  std::pair<uint64_t, std::vector<int>> Feed(const FeedRequest& request, const ByteVector& pcm) {
    return Results(Request(MessageType::kFeed, request, pcm));
  }
  static std::pair<uint64_t, std::vector<int>> Results(const Received& received) {
    const auto reply = received.As<FeedReply>();
    const ByteVector body = received.After<FeedReply>();
    constexpr size_t kResultBytes = sizeof(Prediction) + 8;
    REQUIRE(body.size() == reply.n_results * kResultBytes);
    std::vector<int> ends;
    for (size_t i = 0; i < reply.n_results; ++i) {
      ends.push_back(~static_cast<int8_t>(body[i * kResultBytes + sizeof(Prediction) + 2]) - 1);
    }
    return {reply.position, ends};
  }
};

FeedRequest From(uint64_t position, bool restart = false) {
  return {position, kRateMhz, static_cast<uint8_t>(restart ? 1 : 0), {}};
}
StreamRequest On(StreamId id) { return {id, 1, 0}; }

std::vector<Received> Of(const std::vector<Received>& all, StreamId id) {
  std::vector<Received> some;
  std::copy_if(all.begin(), all.end(), std::back_inserter(some), [id](const Received& received) {
    return received.IsEvent(MessageType::kStreamData) && received.As<StreamHeader>().stream == id;
  });
  return some;
}
template <typename T>
T InfoOf(const Received& received) {
  const ByteVector content = received.After<StreamHeader>();
  REQUIRE(content.size() >= sizeof(T));
  T info;
  std::memcpy(&info, content.data(), sizeof(T));
  return info;
}

}  // namespace

TEST_CASE_FIXTURE(Listener, "fed samples give a result for every stride that ends a window") {
  const auto [position, ends] = Feed(From(0, true), Pcm(0, 20));
  CHECK(position == 20);
  CHECK(ends == std::vector<int>{7, 11, 15, 19});
  CHECK(Feed(From(20), Pcm(20, 4)).second == std::vector<int>{23});
  CHECK(Feed(From(0, true), Pcm(0, 7)).second.empty());
}

TEST_CASE_FIXTURE(Listener, "a feed request that comes again is answered, and its samples are not taken again") {
  Feed(From(0, true), Pcm(0, 4));
  const ByteVector payload = Join(From(4), Pcm(4, 8));
  const Received first = Exchange(MessageType::kFeed, payload, 500).back();
  CHECK(Exchange(MessageType::kFeed, payload, 500).back().payload == first.payload);
  CHECK(Feed(From(12), Pcm(12, 4)).second == std::vector<int>{15});
}

TEST_CASE_FIXTURE(Listener, "a feed that has no room for more results leaves the rest of the samples") {
  auto [position, ends] = Feed(From(0, true), Pcm(0, 100));
  CHECK(position == 36);  // 8 results
  CHECK(ends.size() == 8);
  ends = Feed(From(position), Pcm(static_cast<int>(position), 4)).second;
  CHECK(ends == std::vector<int>{39});
}

TEST_CASE_FIXTURE(Listener, "fed samples must go on where the last ones ended") {
  CHECK(Refused(MessageType::kFeed, From(0), Pcm(0, 4)).status == Status::kBadState);  // nothing was fed yet
  Feed(From(0, true), Pcm(0, 4));
  const ErrorReply error = Refused(MessageType::kFeed, From(8), Pcm(0, 4));
  CHECK(error.status == Status::kBadState);
  CHECK(error.expected == 4);
  CHECK(error.got == 8);
  ByteVector odd = Pcm(4, 1);
  odd.pop_back();
  CHECK(Refused(MessageType::kFeed, From(4), odd).status == Status::kBadLength);
}

TEST_CASE_FIXTURE(Listener, "fed samples are checked by their own rate, and those of the sensor by the sensor's") {
  ear.checked_mhz = 0;
  const FeedRequest slow = {0, kRateMhz / 2, 1, {}};
  Feed(slow, Pcm(0, 8));
  CHECK(ear.checked_mhz == kRateMhz / 2);
  CHECK(ear.restarted_mhz == kRateMhz / 2);
  Request(MessageType::kStream, On(StreamId::kPredictions));
  Poll();
  Poll();
  CHECK(ear.checked_mhz == kRateMhz);
  ear.check_status = Status::kSampleRate;
  CHECK(Refused(MessageType::kFeed, slow, Pcm(0, 8)).status == Status::kSampleRate);
}

TEST_CASE_FIXTURE(Listener, "the setting period_ms counts in the samples' own time") {
  Request(MessageType::kSettingSet, SettingSetRequest{Setting::kPeriodMs, 0, 8});
  CHECK(Feed(From(0, true), Pcm(0, 24)).second == std::vector<int>{7, 15, 23});
}

TEST_CASE_FIXTURE(Connected, "an app with a camera takes no samples") {
  CHECK(Refused(MessageType::kFeed, From(0, true)).status == Status::kUnsupported);
  CHECK(Refused(MessageType::kStream, On(StreamId::kSamples)).status == Status::kUnsupported);
}

TEST_CASE_FIXTURE(Listener, "a listening app takes no pictures") {
  CHECK(Refused(MessageType::kSnapshot).status == Status::kUnsupported);
  CHECK(Refused(MessageType::kStream, On(StreamId::kCamera)).status == Status::kUnsupported);
  InferRequest infer = {};
  infer.source = InferSource::kSensor;
  CHECK(Refused(MessageType::kInfer, infer).status == Status::kUnsupported);
}

TEST_CASE_FIXTURE(Listener, "a sample that the host wrote runs by itself") {
  Request(MessageType::kWrite, WriteRequest{0, Source::kSample, {}}, Pcm(10, 4));
  InferRequest infer = {};
  infer.source = InferSource::kSample;
  infer.width = infer.height = 2;
  CHECK(Request(MessageType::kInfer, infer).After<InferReply>() == Scores({~11, ~12, ~13, ~14}));
  infer.height = 3;
  CHECK(Refused(MessageType::kInfer, infer).status == Status::kBadState);
}

TEST_CASE_FIXTURE(Listener, "the sensor is on only while somebody wants it") {
  Run(100);
  CHECK(ear.n_starts == 0);
  Request(MessageType::kStream, On(StreamId::kSamples));
  Run(20);
  CHECK(ear.is_on);
  Request(MessageType::kStream, StreamRequest{StreamId::kSamples, 0, 0});
  Poll();
  CHECK(!ear.is_on);
}

TEST_CASE_FIXTURE(Listener, "one read serves the streams of samples, features and predictions") {
  for (const StreamId id : {StreamId::kSamples, StreamId::kFeatures, StreamId::kPredictions}) {
    Request(MessageType::kStream, On(id));
  }
  Run(20);
  TakeAll();
  Sound(0, 12);
  Run(20);
  const std::vector<Received> all = TakeAll();
  const std::vector<Received> samples = Of(all, StreamId::kSamples);
  REQUIRE(samples.size() == 1);
  const auto info = InfoOf<SamplesInfo>(samples[0]);
  CHECK(info.position == 0);
  CHECK(info.n_samples == 12);
  CHECK(info.n_channels == 1);
  CHECK(info.rate_mhz == kRateMhz);
  CHECK(info.scale == 0.5f);
  CHECK(samples[0].payload.size() == sizeof(StreamHeader) + sizeof(SamplesInfo) + 24);
  const std::vector<Received> features = Of(all, StreamId::kFeatures);
  REQUIRE(features.size() == 3);
  CHECK(InfoOf<FeaturesInfo>(features[1]).position == 8);
  CHECK(InfoOf<FeaturesInfo>(features[1]).n_features == 2);
  CHECK(features[2].payload[features[2].payload.size() - 2] == 11);
  const std::vector<Received> predictions = Of(all, StreamId::kPredictions);
  REQUIRE(predictions.size() == 2);
  CHECK(InfoOf<Prediction>(predictions.at(0)).position == 8);
  CHECK(InfoOf<Prediction>(predictions.at(0)).n_strides == 2);
  CHECK(InfoOf<Prediction>(predictions.at(1)).position == 12);
  CHECK(predictions.at(1).As<StreamHeader>().timestamp_us == 12'000);
}

TEST_CASE_FIXTURE(Listener, "a gap in what the sensor gives starts the window anew and shows in the positions") {
  Request(MessageType::kStream, On(StreamId::kSamples));
  Request(MessageType::kStream, On(StreamId::kPredictions));
  Sound(0, 6);
  Run(20);
  ear.position += 100;
  ear.lost = 100;
  Sound(50, 8);
  TakeAll();
  Run(20);
  const std::vector<Received> all = TakeAll();
  const auto info = InfoOf<SamplesInfo>(Of(all, StreamId::kSamples).at(0));
  CHECK(info.position == 106);
  CHECK(info.lost == 100);
  const std::vector<Received> predictions = Of(all, StreamId::kPredictions);
  REQUIRE(predictions.size() == 1);
  CHECK(InfoOf<Prediction>(predictions.at(0)).position == 114);
}

TEST_CASE_FIXTURE(Listener, "while a stream is on nothing can be fed") {
  Request(MessageType::kStream, On(StreamId::kFeatures));
  CHECK(Refused(MessageType::kFeed, From(0, true), Pcm(0, 4)).status == Status::kBadState);
}

TEST_CASE_FIXTURE(Listener, "a self-test has the sensor for itself, and what was fed goes on") {
  for (const StreamId id : {StreamId::kSamples, StreamId::kFeatures, StreamId::kPredictions}) {
    Request(MessageType::kStream, On(id));
    Run(20);
    CHECK(Refused(MessageType::kSelfTest, SelfTestRequest{0}).status == Status::kBadState);
    CHECK(ear.is_on);
    Request(MessageType::kStream, StreamRequest{id, 0, 0});
  }
  Feed(From(0, true), Pcm(0, 4));
  CHECK(Request(MessageType::kSelfTest, SelfTestRequest{0}).As<SelfTestReply>().n_findings == 1);
  CHECK(Feed(From(4), Pcm(4, 8)).second == std::vector<int>{7, 11});
}

TEST_CASE_FIXTURE(Listener, "inferences wait while the board is late, and strides go on") {
  Request(MessageType::kStream, On(StreamId::kFeatures));
  Request(MessageType::kStream, On(StreamId::kPredictions));
  Sound(0, 3 * 512);
  Run(20);
  const std::vector<Received> all = TakeAll();
  CHECK(Of(all, StreamId::kFeatures).size() == 3 * 128);
  CHECK(Of(all, StreamId::kPredictions).size() == 2 * 128);  // those of the last two blocks
}

TEST_CASE_FIXTURE(Listener, "a sensor that is not there or stops is a status, and is tried again") {
  ear.start_status = Status::kNoSensor;
  Request(MessageType::kStream, On(StreamId::kPredictions));
  Run(1100);
  std::vector<Received> all = TakeAll();
  std::vector<Received> predictions = Of(all, StreamId::kPredictions);
  CHECK(predictions.size() == 3);
  CHECK(InfoOf<Prediction>(predictions.at(0)).status == Status::kNoSensor);
  CHECK(all.size() == predictions.size() + 1);  // one LOG
  ear.start_status = Status::kOk;
  Run(600);
  CHECK(ear.is_on);
  ear.read_status = Status::kSensorTimeout;
  TakeAll();
  Run(20);
  CHECK(!ear.is_on);
  predictions = Of(TakeAll(), StreamId::kPredictions);
  REQUIRE(predictions.size() == 1);
  CHECK(InfoOf<Prediction>(predictions.at(0)).status == Status::kSensorTimeout);
}

TEST_CASE_FIXTURE(Listener, "a model that samples cannot feed is a status; samples are streamed all the same") {
  ear.check_status = Status::kModelMismatch;
  CHECK(Refused(MessageType::kFeed, From(0, true), Pcm(0, 4)).status == Status::kModelMismatch);
  Request(MessageType::kStream, On(StreamId::kPredictions));
  Run(20);
  CHECK(!ear.is_on);
  const std::vector<Received> predictions = Of(TakeAll(), StreamId::kPredictions);
  REQUIRE(predictions.size() == 1);
  CHECK(InfoOf<Prediction>(predictions.at(0)).status == Status::kModelMismatch);
  Request(MessageType::kStream, On(StreamId::kSamples));
  Run(600);
  Sound(0, 8);
  Run(600);
  CHECK(Of(TakeAll(), StreamId::kSamples).size() == 1);
}

TEST_CASE_FIXTURE(Listener, "a detection lights the board for half a second") {
  Request(MessageType::kStream, On(StreamId::kPredictions));
  Sound(0, 4);
  Sound(2, 4);  // ends with 5
  Run(20);
  CHECK(board.led == hal::LedState::kDetected);
  Sound(20, 4);
  Run(400);
  CHECK(board.led == hal::LedState::kDetected);
  Run(200);
  Sound(20, 4);
  Run(20);
  CHECK(board.led == hal::LedState::kSession);
}

TEST_CASE_FIXTURE(Listener, "without a session only what is worth a line is printed") {
  Request(MessageType::kBye);
  Run(20);
  Sound(0, 4);
  Sound(0, 6);  // ends with 5 at sample 10
  Sound(20, 2);
  Sound(2, 4);  // 2 3 4 5: ends a stride with 5
  Run(50);
  const std::vector<Received> all = TakeAll();
  REQUIRE(all.size() == 1);
  CHECK(all[0].text.rfind("five (capture ", 0) == 0);
}

}  // namespace tinyhost
