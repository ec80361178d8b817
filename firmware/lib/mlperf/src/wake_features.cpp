#include "mlperf/wake_features.h"

#include <algorithm>
#include <cmath>
#include <utility>

#if defined(__OPTIMIZE_SIZE__) && defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("O2")
#endif

namespace tinyhost::mlperf {
namespace {

constexpr float kPi = 3.14159265f;
constexpr float kFullScale = 32768.0f;
constexpr float kPreemphasis = 1.0f - 1.0f / 32.0f;
constexpr float kHighestHz = 8000.0f;
constexpr float kLeastEnergy = 1e-30f;
constexpr float kOffsetDb = 52.0f;
constexpr float kRangeDb = 64.0f;

/// HTK's mel scale, as tf.signal.linear_to_mel_weight_matrix has it.
float Mel(float hz) { return 1127.0f * std::log(1.0f + hz / 700.0f); }

}  // namespace

void WakeFeatures::Reset() {
  samples_.fill(0);
  before_ = 0.0f;
}

void WakeFeatures::MakeTables() {
  for (size_t k = 0; k < sine_.size(); ++k) {
    sine_[k] = std::sin(2.0f * kPi * static_cast<float>(k) / static_cast<float>(kWindowSamples));
  }
  for (size_t i = 0; i < kPoints; ++i) {
    hamming_[i] = 0.54f - 0.46f * std::cos(2.0f * kPi * static_cast<float>(i) / static_cast<float>(kWindowSamples - 1));
  }
  const float width = Mel(kHighestHz) / static_cast<float>(kBands + 1);
  for (size_t k = 0; k < kPoints; ++k) {
    mel_[k] = Mel(kHighestHz * static_cast<float>(k + 1) / static_cast<float>(kPoints)) / width;
  }
}

const float* WakeFeatures::Take(const int16_t* stride) {
  if (!has_tables_) MakeTables();
  has_tables_ = true;
  std::copy(samples_.begin() + kStrideSamples, samples_.end(), samples_.begin());
  std::copy(stride, stride + kStrideSamples, samples_.begin() + (kWindowSamples - kStrideSamples));
  LoadWindow();
  Transform();
  SumBands();
  return work_.data();
}

/// Pre-emphasizes high frequencies, and applies the window.
void WakeFeatures::LoadWindow() {
  float before = before_;
  for (size_t i = 0; i < kWindowSamples; ++i) {
    const float sample = static_cast<float>(samples_[i]) / kFullScale;
    work_[i] = (sample - kPreemphasis * before) * hamming_[i < kPoints ? i : kWindowSamples - 1 - i];
    before = sample;
    if (i + 1 == kStrideSamples) before_ = sample;
  }
}

/// Stores the energies of the bins 1 to kPoints at the index of the bin minus one. It is a transform of half as many
/// complex points, made of even and odd samples: radix 2, decimation in time.
void WakeFeatures::Transform() {
  struct Complex {
    float re;
    float im;
  };
  auto* z = reinterpret_cast<Complex*>(work_.data());
  const auto sine = [this](size_t k) { return sine_[k <= kPoints / 2 ? k : kPoints - k]; };  // of half a circle
  const auto cosine = [this](size_t k) { return k <= kPoints / 2 ? sine_[kPoints / 2 - k] : -sine_[k - kPoints / 2]; };
  for (size_t i = 1, j = 0; i < kPoints; ++i) {
    size_t bit = kPoints >> 1;
    for (; (j & bit) != 0; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) std::swap(z[i], z[j]);
  }
  for (size_t half = 1; half < kPoints; half *= 2) {
    for (size_t j = 0; j < half; ++j) {
      const float c = cosine(j * (kPoints / half)), s = sine(j * (kPoints / half));
      for (size_t i = j; i < kPoints; i += 2 * half) {
        const Complex a = z[i], b = z[i + half];
        const Complex turned = {b.re * c + b.im * s, b.im * c - b.re * s};
        z[i] = {a.re + turned.re, a.im + turned.im};
        z[i + half] = {a.re - turned.re, a.im - turned.im};
      }
    }
  }
  // Each pair of bins k and kPoints - k of the complex transform gives the same pair of the real one.
  constexpr float kScale = 1.0f / static_cast<float>(kWindowSamples);
  const float last = z[0].re - z[0].im;
  float energies_above = last * last * kScale;
  for (size_t k = 1; k <= kPoints / 2; ++k) {
    const Complex a = z[k], b = z[kPoints - k];
    const Complex even = {0.5f * (a.re + b.re), 0.5f * (a.im - b.im)};
    const Complex odd = {0.5f * (a.im + b.im), 0.5f * (b.re - a.re)};
    const float c = cosine(k), s = sine(k);
    const Complex turned = {odd.re * c + odd.im * s, odd.im * c - odd.re * s};
    const Complex low = {even.re + turned.re, even.im + turned.im}, high = {even.re - turned.re, even.im - turned.im};
    z[k].re = (low.re * low.re + low.im * low.im) * kScale;
    z[kPoints - k].re = (high.re * high.re + high.im * high.im) * kScale;
  }
  for (size_t k = 1; k < kPoints; ++k) work_[k - 1] = z[k].re;
  work_[kPoints - 1] = energies_above;
}

/// Bands are triangles whose corners are the centres of their neighbours, so each bin is shared by two bands.
void WakeFeatures::SumBands() {
  std::array<float, kBands> bands{};
  for (size_t k = 0; k < kPoints; ++k) {
    const auto below = static_cast<size_t>(mel_[k]);
    const float share = mel_[k] - static_cast<float>(below);
    if (below < kBands) bands[below] += share * work_[k];
    if (below > 0 && below <= kBands) bands[below - 1] += (1.0f - share) * work_[k];
  }
  for (size_t i = 0; i < kBands; ++i) {
    const float db = 10.0f * std::log10(std::max(bands[i], kLeastEnergy));
    work_[i] = std::min(1.0f, std::max(0.0f, (db + kOffsetDb) / kRangeDb));
  }
}

}  // namespace tinyhost::mlperf
