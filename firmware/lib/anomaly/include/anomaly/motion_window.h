#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "anomaly/params.h"
#include "core/status.h"
#include "motion/features.h"

namespace tinyhost {

/// The newest window of accelerometer samples, and its features as a model's input: a new one every `hop` samples.
class MotionWindow {
 public:
  /// Keeps a reference to `view` and the image behind it.
  Status Configure(const AnomalyView& view);
  /// Works without a model: samples are counted in hops of kIdleHop samples, and there are no features.
  void Unconfigure();
  bool is_configured() const { return hop_ != 0; }

  /// Forgets all samples.
  void Reset();
  /// Takes samples of x, y and z, up to the end of a hop; returns how many.
  size_t Take(const int16_t* samples, size_t n_samples, bool* is_hop_complete);
  /// Whether there are samples for a whole window; then features() are those of the newest one.
  bool is_full() const { return n_samples_ >= view_.motion.n_fft && is_configured(); }

  /// Features of one window of n_fft samples, independent of the samples taken.
  void Compute(const int16_t* window, int8_t* features);

  const int8_t* features() const { return features_.data(); }
  size_t n_features() const { return is_configured() ? view_.n_features() : 0; }
  /// In the newest hop: the largest absolute sample, and the root of the samples' variance, all axes together.
  uint16_t peak() const { return peak_; }
  uint16_t rms() const { return rms_; }

 private:
  static constexpr size_t kIdleHop = 64;

  void Measure(const int16_t* samples, size_t n_samples);
  void FinishHop();
  void FinishMeasure();

  AnomalyView view_{};
  size_t hop_ = 0;  // 0: not configured
  MotionFeatures extractor_;
  size_t next_ = 0;  // where the next sample goes in the ring
  uint64_t n_samples_ = 0;
  size_t n_in_hop_ = 0;
  std::array<int64_t, kMotionAxes> sum_{};
  int64_t sum_of_squares_ = 0;
  uint16_t hop_peak_ = 0;
  uint16_t peak_ = 0;
  uint16_t rms_ = 0;
  std::array<int8_t, kMaxMotionFeatures> features_{};
  std::array<int16_t, kMaxFftPoints * kMotionAxes> ring_{};
  std::array<int16_t, kMaxFftPoints * kMotionAxes> ordered_{};  // the ring from its oldest sample on
};

}  // namespace tinyhost
