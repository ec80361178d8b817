#include "anomaly/motion_window.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

namespace tinyhost {
namespace {

uint16_t SquareRoot(uint64_t value) {
  uint32_t root = 0;
  for (uint32_t bit = 1u << 16; bit != 0; bit >>= 1) {
    const uint64_t candidate = root | bit;
    if (candidate * candidate <= value) root |= bit;
  }
  return static_cast<uint16_t>(std::min<uint32_t>(root, UINT16_MAX));
}

}  // namespace

Status MotionWindow::Configure(const AnomalyView& view) {
  Unconfigure();
  const Status status = extractor_.Configure(view.motion);
  if (status != Status::kOk) return status;
  view_ = view;
  hop_ = view.params->hop;
  return Status::kOk;
}

void MotionWindow::Unconfigure() {
  hop_ = 0;
  Reset();
}

void MotionWindow::Reset() {
  next_ = n_in_hop_ = 0;
  n_samples_ = 0;
  sum_ = {};
  sum_of_squares_ = 0;
  hop_peak_ = peak_ = rms_ = 0;
}

size_t MotionWindow::Take(const int16_t* samples, size_t n_samples, bool* is_hop_complete) {
  const size_t hop = is_configured() ? hop_ : kIdleHop;
  const size_t n = std::min(n_samples, hop - n_in_hop_);
  Measure(samples, n);
  const size_t length = is_configured() ? view_.motion.n_fft : kIdleHop;
  for (size_t i = 0; i < n; ++i) {
    std::memcpy(&ring_[next_ * kMotionAxes], samples + i * kMotionAxes, kMotionAxes * sizeof(int16_t));
    next_ = next_ + 1 == length ? 0 : next_ + 1;
  }
  n_samples_ += n;
  n_in_hop_ += n;
  *is_hop_complete = n_in_hop_ == hop;
  if (*is_hop_complete) FinishHop();
  return n;
}

void MotionWindow::Compute(const int16_t* window, int8_t* features) {
  std::array<int16_t, kMaxMotionFeatures> raw;
  extractor_.Compute(window, raw.data());
  for (size_t i = 0; i < n_features(); ++i) features[i] = QuantizeFeature(raw[i], view_.scaling(i));
}

void MotionWindow::Measure(const int16_t* samples, size_t n_samples) {
  for (size_t i = 0; i < n_samples * kMotionAxes; ++i) {
    const int32_t value = samples[i];
    sum_[i % kMotionAxes] += value;
    sum_of_squares_ += int64_t{value} * value;
    hop_peak_ = std::max(hop_peak_, static_cast<uint16_t>(std::abs(value)));
  }
}

void MotionWindow::FinishHop() {
  FinishMeasure();
  n_in_hop_ = 0;
  if (!is_full()) return;
  const size_t n_fft = view_.motion.n_fft;
  const size_t n_behind = (n_fft - next_) * kMotionAxes;  // the oldest samples of the ring are those from `next_` on
  std::copy_n(ring_.begin() + static_cast<std::ptrdiff_t>(next_ * kMotionAxes), n_behind, ordered_.begin());
  std::copy_n(ring_.begin(), next_ * kMotionAxes, ordered_.begin() + static_cast<std::ptrdiff_t>(n_behind));
  Compute(ordered_.data(), features_.data());
}

/// variance * n^2 = n * sum of squares - sum^2 for each axis; n is at most a window's length, so none of it overflows.
void MotionWindow::FinishMeasure() {
  const auto n = static_cast<int64_t>(n_in_hop_);
  int64_t scaled_variance = n * sum_of_squares_;
  for (const int64_t sum : sum_) scaled_variance -= sum * sum;
  peak_ = hop_peak_;
  rms_ = SquareRoot(static_cast<uint64_t>(scaled_variance / (n * n)));
  sum_ = {};
  sum_of_squares_ = 0;
  hop_peak_ = 0;
}

}  // namespace tinyhost
