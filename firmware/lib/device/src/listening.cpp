#include "device/listening.h"

#include <algorithm>
#include <cstring>

#include "stage_timer.h"
#include "wire.h"

namespace tinyhost {
namespace {

constexpr size_t kBlockValues = 512;
constexpr size_t kMaxBlocksPerStep = 8;  // after that, the host has its turn

}  // namespace

uint64_t Listening::NextStepUs() const { return NeedsSensor() || predictions_.AreWanted() ? due_us_ : UINT64_MAX; }

Status Listening::Step(uint64_t now_us) {
  due_us_ = now_us + uint64_t{app_.sample_input->read_period_ms} * 1000;
  Status status = predictions_.AreWanted() ? CheckModel(sensor_) : Status::kOk;
  if (NeedsSensor()) {
    const Status read = ReadSensor();
    if (read != Status::kOk) status = read;
  }
  if (status == Status::kOk) return status;
  due_us_ = now_us + kFailedPeriodUs;
  if (!predictions_.AreWanted()) return status;
  Result result = {};
  result.prediction.position = progress_.position;
  result.prediction.status = status;
  predictions_.Show(result, now_us);
  return status;
}

void Listening::Stop() {
  StopSensor();
  source_ = Source::kNone;
}

void Listening::StopSensor() {
  if (source_ != Source::kSensor) return;
  app_.sample_input->stop_sensor();
  source_ = Source::kNone;
}

void Listening::StopUnusedSensor() {
  if (source_ == Source::kSensor && !NeedsSensor()) StopSensor();
}

/// Whether samples like these can become predictions; if not, why.
Status Listening::CheckModel(const hal::Sampling& sampling) const {
  return runner_.status() == Status::kOk ? app_.sample_input->check(sampling) : runner_.status();
}

bool Listening::NeedsSensor() const {
  return streams_[StreamId::kSamples].is_on || streams_[StreamId::kFeatures].is_on ||
         (predictions_.AreWanted() && CheckModel(sensor_) == Status::kOk);
}

Status Listening::StartSensor() {
  if (source_ == Source::kSensor) return Status::kOk;
  hal::Sampling sampling = {};
  const Status status = app_.sample_input->start_sensor(&sampling);
  if (status != Status::kOk) return status;
  source_ = Source::kSensor;
  sampling_ = sensor_ = sampling;
  Restart(0);
  return Status::kOk;
}

Status Listening::ReadSensor() {
  const Status started = StartSensor();
  if (started != Status::kOk) return started;
  const SampleInput& input = *app_.sample_input;
  int16_t samples[kBlockValues];
  for (size_t i = 0; i < kMaxBlocksPerStep; ++i) {
    hal::SampleBlock block = {};
    const StageTimer timer(hal::Stage::kCapture);
    const Status status = input.read_sensor(samples, kBlockValues / input.n_channels, &block);
    progress_.read_ticks += timer.End();
    if (status != Status::kOk) {
      StopSensor();
      return status;
    }
    if (block.n_samples != 0) TakeBlock(samples, block);
    if (block.n_waiting == 0) break;
  }
  return Status::kOk;
}

void Listening::TakeBlock(const int16_t* samples, const hal::SampleBlock& block) {
  if (streams_[StreamId::kSamples].is_on) SendSamples(samples, block);
  if (block.position != progress_.position) Restart(block.position);  // a window must not contain a gap
  const bool is_late = block.n_waiting > block.n_samples;             // then strides continue, and the model waits
  progress_.time_us = block.timestamp_us;
  Take(samples, block.n_samples, !is_late && predictions_.AreWanted());
}

void Listening::SendSamples(const int16_t* samples, const hal::SampleBlock& block) {
  const uint8_t n_channels = app_.sample_input->n_channels;
  const auto n_samples = static_cast<uint16_t>(block.n_samples);
  const SamplesInfo info = {block.position, sampling_.rate_mhz, sampling_.scale, block.lost, n_samples, n_channels, 0};
  const Bytes bytes = {reinterpret_cast<const uint8_t*>(samples), block.n_samples * n_channels * sizeof(int16_t)};
  streams_.Send(StreamId::kSamples, block.timestamp_us, {BytesOf(info), bytes});
}

void Listening::SendFeatures() {
  const StrideFeatures features = app_.sample_input->features();
  const FeaturesInfo info = {progress_.position, features.peak, features.rms, features.n_values, 0};
  streams_.Send(StreamId::kFeatures, progress_.time_us,
                {BytesOf(info), {reinterpret_cast<const uint8_t*>(features.values), features.n_values}});
}

/// Passes samples to the app, and runs the model where it is due. Returns how many samples were taken: all of them,
/// unless a FEED has no room for more results.
size_t Listening::Take(const int16_t* samples, size_t n_samples, bool may_predict) {
  const SampleInput& input = *app_.sample_input;
  const uint64_t start_us = progress_.time_us;
  size_t n_taken = 0;
  while (n_taken < n_samples && n_fed_results_ < kMaxFeedResults) {
    Completed completed = Completed::kNothing;
    const StageTimer timer(hal::Stage::kPreprocess);
    const size_t n = input.take(samples + n_taken * input.n_channels, n_samples - n_taken, &completed);
    progress_.take_ticks += timer.End();
    if (source_ == Source::kSensor) unsure_.Follow(samples + n_taken * input.n_channels, n);
    n_taken += n;
    progress_.position += n;
    progress_.time_us = start_us + SamplesToUs(n_taken);
    if (completed == Completed::kNothing) continue;
    ++progress_.n_strides;
    if (streams_[StreamId::kFeatures].is_on) SendFeatures();
    const bool is_due =
        may_predict && CheckModel(sampling_) == Status::kOk && progress_.position >= progress_.due_position;
    if (completed == Completed::kWindow && is_due) Predict();
  }
  return n_taken;
}

void Listening::Predict() {
  Result result = {};
  Prediction* prediction = &result.prediction;
  uint64_t ticks = 0;
  prediction->status = runner_.PrepareWindow(&ticks);
  prediction->preprocess_ticks = Saturate(progress_.take_ticks + ticks);
  prediction->position = progress_.position;
  prediction->capture_ticks = Saturate(progress_.read_ticks);
  prediction->n_strides = progress_.n_strides;
  if (prediction->status == Status::kOk) runner_.Predict(SamplesToUs(progress_.position), &result);
  progress_.read_ticks = progress_.take_ticks = 0;
  progress_.n_strides = 0;
  progress_.due_position = progress_.position + predictions_.PeriodSettingUs() * sampling_.rate_mhz / 1'000'000'000;
  if (source_ == Source::kFeed) {
    fed_results_[n_fed_results_++] = result;
  } else {
    predictions_.Show(result, progress_.time_us);
    unsure_.KeepWindow(result, progress_.time_us, sampling_);
  }
}

/// Forgets all samples; the next one has this `position`.
void Listening::Restart(uint64_t position) {
  app_.sample_input->restart(sampling_.rate_mhz);
  progress_ = {};
  progress_.position = position;
  n_fed_results_ = 0;
  runner_.Restart();
  unsure_.Restart();
}

uint64_t Listening::SamplesToUs(uint64_t n_samples) const {
  return sampling_.rate_mhz == 0 ? 0 : n_samples * 1'000'000'000 / sampling_.rate_mhz;
}

void Listening::OnFeed(const Request& request) {
  if (source_ == Source::kFeed && last_feed_.IsRepeatedBy(request)) return ReplyFeed(request);
  if (app_.sample_input == nullptr) return host_.Refuse(request, Status::kUnsupported);
  const auto feed = Parse<FeedRequest>(request.payload);
  const Bytes data = After<FeedRequest>(request.payload);
  if (!AcceptFeed(request, feed, data.size)) return;
  if (feed.restart != 0) {
    Stop();
    source_ = Source::kFeed;
    sampling_ = {feed.rate_mhz, 0.0f, app_.sample_input->n_channels};
    Restart(feed.position);
  }
  TakeFeed(data);
  last_feed_.Remember(request);
  ReplyFeed(request);
}

/// Whether samples can be fed now and follow the previous ones; refuses the request if not.
bool Listening::AcceptFeed(const Request& request, const FeedRequest& feed, size_t data_bytes) {
  const auto refuse = [&](Status status, uint64_t expected = 0, uint64_t got = 0) {
    host_.Refuse(request, status, static_cast<uint32_t>(expected), static_cast<uint32_t>(got));
    return false;
  };
  const Status status = CheckModel({feed.rate_mhz, 0.0f, app_.sample_input->n_channels});
  if (status != Status::kOk) return refuse(status);
  if (NeedsSensor()) return refuse(Status::kBadState);  // one of its streams is on
  const size_t sample_bytes = app_.sample_input->n_channels * sizeof(int16_t);
  if (feed.rate_mhz == 0) return refuse(Status::kBadArgument);
  if (data_bytes % sample_bytes != 0) return refuse(Status::kBadLength, sample_bytes, data_bytes);
  const bool follows = source_ == Source::kFeed && feed.position == progress_.position;
  return feed.restart != 0 || follows || refuse(Status::kBadState, progress_.position, feed.position);
}

void Listening::TakeFeed(Bytes data) {
  n_fed_results_ = 0;
  int16_t samples[kBlockValues];
  const size_t sample_bytes = app_.sample_input->n_channels * sizeof(int16_t);
  const size_t n_samples = data.size / sample_bytes;
  const size_t max_block = kBlockValues / app_.sample_input->n_channels;
  for (size_t done = 0; done < n_samples;) {
    const size_t n = std::min(max_block, n_samples - done);
    std::memcpy(samples, data.data + done * sample_bytes, n * sample_bytes);  // the payload may be misaligned
    const size_t n_taken = Take(samples, n, true);
    done += n_taken;
    if (n_taken < n) break;
  }
}

void Listening::ReplyFeed(const Request& request) {
  const FeedReply reply = {progress_.position, static_cast<uint16_t>(n_fed_results_), {}};
  FrameEncoder* frame = host_.BeginReply(request);
  frame->Append(BytesOf(reply));
  for (size_t i = 0; i < n_fed_results_; ++i) {
    for (const Bytes& piece : PiecesOf(fed_results_[i])) frame->Append(piece);
  }
  frame->End();
}

}  // namespace tinyhost
