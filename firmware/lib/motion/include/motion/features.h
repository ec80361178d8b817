#pragma once

#include <cstddef>
#include <cstdint>

#include "core/status.h"

namespace tinyhost {

constexpr size_t kMotionAxes = 3;
constexpr size_t kMinFftPoints = 32;
constexpr size_t kMaxFftPoints = 512;
constexpr size_t kMaxBands = 32;
/// The statistics that follow an axis' bands: RMS, crest factor, kurtosis.
constexpr size_t kMotionStatistics = 3;
constexpr size_t kMaxMotionFeatures = kMotionAxes * (kMaxBands + kMotionStatistics);
/// Fraction bits of a feature: it is an int16 in units of 1 / 256 of log2.
constexpr int kFeatureFractionBits = 8;

/// Parameters of a window's features. Bin k of a window of n_fft samples is the frequency k * rate / n_fft.
struct MotionConfig {
  uint16_t n_fft;                      // samples of a window: a power of two, kMinFftPoints..kMaxFftPoints
  uint16_t n_bands;                    // 1..kMaxBands
  uint16_t band_edges[kMaxBands + 1];  // band b is the bins [edge b, edge b + 1); rising, from 1 on, up to n_fft / 2
};

/// Returns kBadArgument unless the configuration is as MotionConfig says.
Status CheckMotionConfig(const MotionConfig& config);

inline size_t FeaturesPerAxis(const MotionConfig& config) { return config.n_bands + kMotionStatistics; }
inline size_t MotionFeatureCount(const MotionConfig& config) { return kMotionAxes * FeaturesPerAxis(config); }

/// Features of a window, in fixed point: the same on every board and on the host. One row per axis:
///
///   bands     log2 of the band's power in counts^2 + 1/16. The power is that of the mean-free window under a Hann
///             window, scaled so that the bands of a signal sum to its variance (Welch's one-sided periodogram).
///   RMS       log2 of the variance in counts^2 + 1/16
///   crest     log2 of peak^2 / variance, the peak being the largest |sample - mean|; 0 if nothing moves
///   kurtosis  log2 of the fourth central moment / variance^2; 0 if nothing moves
///
/// 1/16 is about the variance of rounding to counts (1/12): below it there is nothing to see, and a sensor that is
/// stuck has a feature of -4 instead of minus infinity.
///
/// The FFT has its own block exponent per axis, 20 bits of input and 32-bit words, so nothing is rounded away between
/// stages. The microphone's frontend has another FFT because it must equal kissfft's 16-bit one to the bit, which
/// halves at each stage: a tone of full scale then hides all that is 60 dB below it, and faults are there.
class MotionFeatures {
 public:
  /// kBadArgument, as CheckMotionConfig.
  Status Configure(const MotionConfig& config);
  const MotionConfig& config() const { return config_; }

  /// Writes MotionFeatureCount() features of n_fft samples, three axes interleaved. After Configure().
  void Compute(const int16_t* window, int16_t* features);

 private:
  void ComputeAxis(const int16_t* samples, int16_t* features);

  MotionConfig config_{};
  int32_t work_[kMaxFftPoints];
};

/// How a feature becomes a model's input: (feature - offset) * multiplier / 2^16, halves rounded up, saturated to int8.
struct FeatureScaling {
  int16_t offset;      // in units of 1 / 256
  int32_t multiplier;  // Q16
};

int8_t QuantizeFeature(int16_t feature, const FeatureScaling& scaling);

}  // namespace tinyhost
