#pragma once

#include <cstddef>
#include <cstdint>

namespace tinyhost {

/// Tells when a microphone that was switched on has settled: when its mean no longer drifts.
///
/// Looks at spans of kSpanSamples: settled once the means of two consecutive spans differ by at most kMaxDrift counts,
/// but not before kMinSpans, and in any case after kMaxSpans (3.5 s at 16 kHz, the longest time reported for this
/// board).
class Settling {
 public:
  static constexpr size_t kSpanSamples = 2048;
  static constexpr int32_t kMaxDrift = 32;  // of 32,768
  static constexpr size_t kMinSpans = 3;
  static constexpr size_t kMaxSpans = 28;

  void Start() { *this = Settling(); }
  /// Returns how many of the samples must be discarded: all, until it has settled.
  size_t Discard(const int16_t* samples, size_t n_samples);
  bool is_settled() const { return is_settled_; }

 private:
  void EndSpan();

  bool is_settled_ = false;
  size_t n_in_span_ = 0;
  size_t n_spans_ = 0;
  int64_t sum_ = 0;
  int32_t last_mean_ = 0;
};

}  // namespace tinyhost
