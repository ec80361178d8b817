#pragma once

#include <cstddef>
#include <cstdint>

#include "hal/sampling.h"
#include "hal/self_test.h"

namespace tinyhost {

/// A continuous sensor with the functions of hal/microphone.h, and the board's clock.
struct SampledSource {
  Status (*start)(hal::Sampling* sampling);
  void (*stop)();
  Status (*read)(int16_t* samples, size_t max, hal::SampleBlock* block);
  uint64_t (*now_us)();
  /// Waits for about this long; may return at once.
  void (*wait_ms)(uint32_t duration_ms);
};

struct StreamLimits {
  uint32_t longest_start_ms;
  uint32_t rate_tolerance_per_mille;
};

/// Statistics of a second of the sensor's samples.
class StreamTotals {
 public:
  static constexpr size_t kMaxChannels = 6;

  void Start(uint8_t n_channels);
  void Add(const int16_t* samples, size_t n_samples);
  uint32_t n_samples() const { return n_samples_; }
  uint8_t n_channels() const { return n_channels_; }
  /// These three in counts; 0 without samples.
  float Mean(size_t channel) const;
  float StandardDeviation(size_t channel) const;
  /// Values at full scale, in parts per million.
  int32_t ClippedPpm() const;

 private:
  uint8_t n_channels_ = 1;
  uint32_t n_samples_ = 0;
  uint32_t n_clipped_ = 0;
  int64_t sums_[kMaxChannels] = {};
  int64_t sums_of_squares_[kMaxChannels] = {};
};

/// Switches the sensor on, listens for a second, switches it off. Finds kStartTime, kSampleRate and kLostSamples.
/// Returns false if no samples arrived: then `totals` is meaningless.
bool TestStream(const SampledSource& source, const StreamLimits& limits, StreamTotals* totals,
                hal::FindingList* findings);

}  // namespace tinyhost
