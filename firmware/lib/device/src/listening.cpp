#include <algorithm>

#include "device/device.h"
#include "hal/clock.h"
#include "wire.h"

namespace tinyhost {
namespace {

constexpr size_t kBlockValues = 512;
constexpr size_t kMaxBlocksPerStep = 8;  // then the host has its turn

}  // namespace

/// Whether samples can become predictions; if not, why.
Status Device::HearingStatus() const { return app_status_ == Status::kOk ? app_.listening->check() : app_status_; }

bool Device::WantsSensor() const {
  return samples_.is_on || features_.is_on || (PredictsLive() && HearingStatus() == Status::kOk);
}

/// One read of all that the sensor has, which serves all streams.
Status Device::Listen(uint64_t now_us) {
  listen_due_us_ = now_us + uint64_t{app_.listening->read_period_ms} * 1000;
  Status status = PredictsLive() ? HearingStatus() : Status::kOk;
  if (WantsSensor()) {
    const Status heard = ListenToSensor();
    if (heard != Status::kOk) status = heard;
  }
  if (status == Status::kOk) return status;
  listen_due_us_ = now_us + kFailedPeriodUs;
  if (!PredictsLive()) return status;
  Result result = {};
  result.prediction.position = heard_.position;
  result.prediction.status = status;
  Show(result, now_us);
  return status;
}

Status Device::ListenToSensor() {
  const Listening& listening = *app_.listening;
  if (ears_ != Ears::kSensor) {
    hal::Sampling sampling = {};
    const Status status = listening.start_sensor(&sampling);
    if (status != Status::kOk) return status;
    ears_ = Ears::kSensor;
    sampling_ = sampling;
    StartHearing(0);
  }
  int16_t samples[kBlockValues];
  for (size_t i = 0; i < kMaxBlocksPerStep; ++i) {
    hal::SampleBlock block = {};
    const uint64_t start = hal::Ticks();
    const Status status = listening.read_sensor(samples, kBlockValues / listening.n_channels, &block);
    heard_.read_ticks += hal::Ticks() - start;
    if (status != Status::kOk) {
      StopListening();
      return status;
    }
    if (block.n_samples != 0) HearBlock(samples, block);
    if (block.n_waiting == 0) break;
  }
  return Status::kOk;
}

void Device::HearBlock(const int16_t* samples, const hal::SampleBlock& block) {
  const uint8_t n_channels = app_.listening->n_channels;
  if (samples_.is_on) {
    const SamplesInfo info = {block.position,
                              sampling_.rate_mhz,
                              sampling_.scale,
                              block.lost,
                              static_cast<uint16_t>(block.n_samples),
                              n_channels,
                              0};
    const Bytes bytes = {reinterpret_cast<const uint8_t*>(samples), block.n_samples * n_channels * sizeof(int16_t)};
    SendStream(StreamId::kSamples, block.timestamp_us, {BytesOf(info), bytes});
  }
  if (block.position != heard_.position) StartHearing(block.position);  // what is missing would tear the window
  const bool is_late = block.n_waiting > block.n_samples;               // then strides go on, and inferences wait
  heard_.time_us = block.timestamp_us;
  Hear(samples, block.n_samples, !is_late && PredictsLive());
}

/// Hands samples to the app, and runs the model where it is due. Returns how many samples were taken: all, but for a
/// FEED that has no room for more results.
size_t Device::Hear(const int16_t* samples, size_t n_samples, bool may_predict) {
  const Listening& listening = *app_.listening;
  const uint64_t from_us = heard_.time_us;
  size_t n_taken = 0;
  while (n_taken < n_samples && n_fed_results_ < kMaxFeedResults) {
    Heard heard = Heard::kNothing;
    const uint64_t start = hal::Ticks();
    const size_t n = listening.take(samples + n_taken * listening.n_channels, n_samples - n_taken, &heard);
    heard_.take_ticks += hal::Ticks() - start;
    n_taken += n;
    heard_.position += n;
    heard_.time_us = from_us + SamplesToUs(n_taken);
    if (heard == Heard::kNothing) continue;
    ++heard_.n_strides;
    if (features_.is_on) SendFeatures();
    const bool is_due = may_predict && HearingStatus() == Status::kOk && heard_.position >= heard_.due_position;
    if (heard == Heard::kWindow && is_due) PredictHeard();
  }
  return n_taken;
}

void Device::PredictHeard() {
  ForgetRun();
  Result result = {};
  Prediction* prediction = &result.prediction;
  const uint64_t start = hal::Ticks();
  prediction->status = app_.listening->fill(engine_);
  prediction->preprocess_ticks = Saturate(heard_.take_ticks + hal::Ticks() - start);
  prediction->position = heard_.position;
  prediction->capture_ticks = Saturate(heard_.read_ticks);
  prediction->n_strides = heard_.n_strides;
  if (prediction->status == Status::kOk) Predict(SamplesToUs(heard_.position), &result);
  heard_.read_ticks = heard_.take_ticks = 0;
  heard_.n_strides = 0;
  heard_.due_position = heard_.position + PeriodSettingUs() * sampling_.rate_mhz / 1'000'000'000;
  if (ears_ == Ears::kFeed) {
    fed_results_[n_fed_results_++] = result;
  } else {
    Show(result, heard_.time_us);
  }
}

/// Forgets what was heard; the next sample is the one at `position`.
void Device::StartHearing(uint64_t position) {
  app_.listening->restart();
  heard_ = {};
  heard_.position = position;
  n_fed_results_ = 0;
  if (app_status_ == Status::kOk) app_.start_model(engine_, &settings_);
}

void Device::StopListening() {
  if (ears_ == Ears::kSensor) app_.listening->stop_sensor();
  ears_ = Ears::kOff;
}

uint64_t Device::SamplesToUs(uint64_t n_samples) const {
  return sampling_.rate_mhz == 0 ? 0 : n_samples * 1'000'000'000 / sampling_.rate_mhz;
}

void Device::SendFeatures() {
  const StrideFeatures features = app_.listening->features();
  const FeaturesInfo info = {heard_.position, features.peak, features.rms, features.n_values, 0};
  SendStream(StreamId::kFeatures, heard_.time_us,
             {BytesOf(info), {reinterpret_cast<const uint8_t*>(features.values), features.n_values}});
}

void Device::OnFeed(const Request& request) {
  if (ears_ == Ears::kFeed && IsRepeat(request, last_feed_)) return ReplyFeed(request);  // they were taken already
  if (app_.listening == nullptr) return Refuse(request, Status::kUnsupported);
  if (HearingStatus() != Status::kOk) return Refuse(request, HearingStatus());
  if (WantsSensor()) return Refuse(request, Status::kBadState);  // a stream of it is on
  const auto feed = Parse<FeedRequest>(request.payload);
  const Bytes data = After<FeedRequest>(request.payload);
  const size_t sample_bytes = app_.listening->n_channels * sizeof(int16_t);
  if (feed.rate_mhz == 0) return Refuse(request, Status::kBadArgument);
  if (data.size % sample_bytes != 0) {
    return Refuse(request, Status::kBadLength, static_cast<uint32_t>(sample_bytes), static_cast<uint32_t>(data.size));
  }
  if (feed.restart != 0) {
    StopListening();
    ears_ = Ears::kFeed;
    StartHearing(feed.position);
  } else if (ears_ != Ears::kFeed || feed.position != heard_.position) {
    return Refuse(request, Status::kBadState, static_cast<uint32_t>(heard_.position),
                  static_cast<uint32_t>(feed.position));
  }
  sampling_.rate_mhz = feed.rate_mhz;
  n_fed_results_ = 0;
  int16_t samples[kBlockValues];
  const size_t most = kBlockValues / app_.listening->n_channels;
  for (size_t done = 0; done < data.size / sample_bytes;) {
    const size_t n = std::min(most, data.size / sample_bytes - done);
    std::memcpy(samples, data.data + done * sample_bytes, n * sample_bytes);  // the payload may be misaligned
    const size_t n_taken = Hear(samples, n, true);
    done += n_taken;
    if (n_taken < n) break;
  }
  last_feed_ = Remember(request);
  ReplyFeed(request);
}

void Device::ReplyFeed(const Request& request) {
  const FeedReply reply = {heard_.position, static_cast<uint16_t>(n_fed_results_), {}};
  encoder_.Begin(static_cast<uint8_t>(MessageType::kFeed) | kReplyFlag, request.seq);
  encoder_.Append(BytesOf(reply));
  for (size_t i = 0; i < n_fed_results_; ++i) {
    for (const Bytes& piece : PiecesOf(fed_results_[i])) encoder_.Append(piece);
  }
  encoder_.End();
}

}  // namespace tinyhost
