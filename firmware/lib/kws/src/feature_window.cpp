#include "kws/feature_window.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace tinyhost {

Status FeatureWindow::Configure(const KwsParams& params) {
  const size_t n_features = InputFeatures(params);
  if (n_features == 0 || n_features > kMaxKwsFeatures) return Status::kImageMetadata;
  if (params.n_channels > kMaxFrontendChannels || params.n_coefficients > kMaxFrontendCoefficients) {
    return Status::kImageMetadata;
  }
  FrontendConfig config;
  config.sample_rate_hz = params.sample_rate_hz;
  config.window_ms = params.window_ms;
  config.stride_ms = params.stride_ms;
  config.n_channels = static_cast<uint8_t>(params.n_channels);
  config.n_coefficients = static_cast<uint8_t>(params.n_coefficients);
  if (frontend_.Configure(config) != Status::kOk) return Status::kImageMetadata;
  n_strides_ = params.n_strides;
  Reset();
  return Status::kOk;
}

void FeatureWindow::Reset() {
  frontend_.Reset();
  n_in_ring_ = 0;
  level_ = {};
}

size_t FeatureWindow::Take(const int16_t* samples, size_t n, bool* is_stride_complete) {
  const size_t n_taken = frontend_.Take(samples, n, is_stride_complete);
  Measure(samples, n_taken);
  if (!*is_stride_complete) return n_taken;
  newest_ = newest_ + 1 < n_strides_ ? newest_ + 1 : 0;
  if (is_apart_ && is_full()) n_in_ring_ = 0;
  n_in_ring_ = std::min(n_in_ring_ + 1, n_strides_);
  frontend_.Features(ring_ + newest_ * n_features());
  peak_ = static_cast<uint16_t>(level_.peak);
  mean_square_ = static_cast<uint32_t>(level_.energy / level_.n_samples);
  level_ = {};
  return n_taken;
}

void FeatureWindow::Measure(const int16_t* samples, size_t n) {
  int32_t largest = 0, smallest = 0;
  int64_t energy = 0;
  for (size_t i = 0; i < n; ++i) {
    const int32_t sample = samples[i];
    largest = std::max(largest, sample);
    smallest = std::min(smallest, sample);
    energy += static_cast<int64_t>(sample) * sample;
  }
  level_.peak = std::max(level_.peak, static_cast<uint32_t>(std::max(largest, -smallest)));
  level_.energy += static_cast<uint64_t>(energy);
  level_.n_samples += static_cast<uint32_t>(n);
}

uint16_t FeatureWindow::rms() const {
  return static_cast<uint16_t>(std::sqrt(static_cast<float>(mean_square_)) + 0.5f);
}

void FeatureWindow::Copy(int8_t* features) const {
  const size_t oldest_bytes = (newest_ + 1) * n_features();  // where the ring begins, apart from a wrap
  const size_t ring_bytes = n_strides_ * n_features();
  std::memcpy(features, ring_ + oldest_bytes, ring_bytes - oldest_bytes);
  std::memcpy(features + ring_bytes - oldest_bytes, ring_, oldest_bytes);
}

Status FeatureWindow::OfClip(const int16_t* samples, size_t n, int8_t* features) const {
  if (!is_configured() || n < frontend_.window_samples()) return Status::kBadArgument;
  const size_t n_in_clip = 1 + (n - frontend_.window_samples()) / frontend_.stride_samples();
  if (n_in_clip < n_strides_) return Status::kBadArgument;
  Frontend frontend = frontend_;  // its tables are already made
  frontend.Reset();
  for (size_t i = 0; i < n_in_clip; ++i) {
    bool is_stride_complete = false;
    const size_t n_taken = frontend.Take(samples, n, &is_stride_complete);
    samples += n_taken;
    n -= n_taken;
    const size_t n_skipped = n_in_clip - n_strides_;
    if (i >= n_skipped) frontend.Features(features + (i - n_skipped) * n_features());
  }
  return Status::kOk;
}

}  // namespace tinyhost
