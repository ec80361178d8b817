#include "drivers/stream_test.h"

#include <cmath>

namespace tinyhost {
namespace {

constexpr uint64_t kListenUs = 1'000'000;
constexpr uint64_t kSilenceUs = 400'000;  // a working sensor gives samples every 16 ms
constexpr uint32_t kPollMs = 5;
constexpr size_t kBlockValues = 510;  // whole samples of one, two, three or six channels

/// Listens to a source that is on, and keeps what is needed to compute its rate.
class Listener {
 public:
  Listener(const SampledSource& source, uint8_t n_channels, StreamTotals* totals)
      : source_(source), n_channels_(n_channels), totals_(totals) {}

  /// Takes all available samples. Returns kSensorTimeout and others as read() does. What a read returns was there when
  /// the read began, however long it takes.
  Status Take() {
    hal::SampleBlock block = {};
    const uint64_t start_us = source_.now_us();
    do {
      const uint64_t now_us = source_.now_us();
      int16_t samples[kBlockValues];
      const Status status = source_.read(samples, kBlockValues / n_channels_, &block);
      if (status != Status::kOk) return status;
      if (block.n_samples == 0) return Status::kOk;
      totals_->Add(samples, block.n_samples);
      end_ = block.position + block.n_samples;
      n_lost_ = block.lost;
      last_us_ = now_us;
    } while (block.n_waiting != 0 && last_us_ - start_us < kListenUs);
    if (!has_begun_) {
      has_begun_ = true;
      first_us_ = last_us_;
      first_end_ = end_;
    }
    return Status::kOk;
  }

  bool has_begun() const { return has_begun_; }
  uint64_t first_us() const { return first_us_; }
  uint64_t last_us() const { return last_us_; }
  uint32_t n_lost() const { return n_lost_; }
  /// Samples per 1,000 s from the end of the first piece to that of the last, including lost ones.
  int32_t RateMhz() const {
    if (last_us_ == first_us_) return 0;
    const uint64_t rate = (end_ - first_end_) * 1'000'000'000 / (last_us_ - first_us_);
    return rate > INT32_MAX ? INT32_MAX : static_cast<int32_t>(rate);
  }

 private:
  const SampledSource& source_;
  const uint8_t n_channels_;
  StreamTotals* totals_;
  bool has_begun_ = false;
  uint64_t first_us_ = 0;
  uint64_t last_us_ = 0;
  uint64_t first_end_ = 0;
  uint64_t end_ = 0;
  uint32_t n_lost_ = 0;
};

/// Waits for the first sample, then listens for kListenUs.
Status Listen(const SampledSource& source, uint64_t start_us, uint32_t longest_start_ms, Listener* listener) {
  for (;;) {
    const Status status = listener->Take();
    if (status != Status::kOk) return status;
    const uint64_t now_us = source.now_us();
    if (listener->has_begun() && now_us - listener->last_us() > kSilenceUs) return Status::kSensorTimeout;
    if (listener->has_begun() && now_us - listener->first_us() >= kListenUs) return Status::kOk;
    const bool is_late = now_us - start_us > uint64_t{longest_start_ms} * 1000 + kListenUs;
    if (!listener->has_begun() && is_late) return Status::kSensorTimeout;
    source.wait_ms(kPollMs);
  }
}

}  // namespace

void StreamTotals::Start(uint8_t n_channels) {
  *this = StreamTotals();
  n_channels_ = n_channels;
}

void StreamTotals::Add(const int16_t* samples, size_t n_samples) {
  for (size_t i = 0; i < n_samples * n_channels_; ++i) {
    const int32_t value = samples[i];
    sums_[i % n_channels_] += value;
    sums_of_squares_[i % n_channels_] += int64_t{value} * value;
    n_clipped_ += value == INT16_MAX || value == INT16_MIN ? 1 : 0;
  }
  n_samples_ += static_cast<uint32_t>(n_samples);
}

float StreamTotals::Mean(size_t channel) const {
  return n_samples_ == 0 ? 0 : static_cast<float>(sums_[channel]) / static_cast<float>(n_samples_);
}

float StreamTotals::StandardDeviation(size_t channel) const {
  if (n_samples_ == 0) return 0;
  const uint64_t sum = static_cast<uint64_t>(sums_[channel]);
  const uint64_t squares = n_samples_ * static_cast<uint64_t>(sums_of_squares_[channel]) - sum * sum;  // below 2^64
  return std::sqrt(static_cast<float>(squares)) / static_cast<float>(n_samples_);
}

int32_t StreamTotals::ClippedPpm() const {
  const uint64_t n_values = uint64_t{n_samples_} * n_channels_;
  return n_values == 0 ? 0 : static_cast<int32_t>(uint64_t{n_clipped_} * 1'000'000 / n_values);
}

bool TestStream(const SampledSource& source, const StreamLimits& limits, StreamTotals* totals,
                hal::FindingList* findings) {
  const uint64_t start_us = source.now_us();
  hal::Sampling sampling = {};
  Status status = source.start(&sampling);
  const bool has_channels = sampling.n_channels >= 1 && sampling.n_channels <= StreamTotals::kMaxChannels;
  if (status == Status::kOk && !has_channels) status = Status::kInternal;
  totals->Start(has_channels ? sampling.n_channels : 1);
  Listener listener(source, totals->n_channels(), totals);
  if (status == Status::kOk) status = Listen(source, start_us, limits.longest_start_ms, &listener);
  source.stop();
  if (!listener.has_begun()) {
    findings->Fail(SelfTestCheck::kStartTime, status);
    findings->Skip(SelfTestCheck::kSampleRate);
    findings->Skip(SelfTestCheck::kLostSamples);
    return false;
  }
  const uint64_t start_ms = (listener.first_us() - start_us) / 1000;
  findings->Add(SelfTestCheck::kStartTime, static_cast<int32_t>(start_ms),
                {0, static_cast<int32_t>(limits.longest_start_ms)});
  if (status != Status::kOk) {
    findings->Fail(SelfTestCheck::kSampleRate, status);
    findings->Skip(SelfTestCheck::kLostSamples);
    return false;
  }
  const auto rate = static_cast<int32_t>(sampling.rate_mhz);
  const auto tolerance = static_cast<int32_t>(uint64_t{sampling.rate_mhz} * limits.rate_tolerance_per_mille / 1000);
  findings->Add(SelfTestCheck::kSampleRate, listener.RateMhz(), {rate - tolerance, rate + tolerance});
  findings->Add(SelfTestCheck::kLostSamples, static_cast<int32_t>(listener.n_lost()), {0, 0});
  return true;
}

}  // namespace tinyhost
