#include "motion/features.h"

#include "core/portable.h"
#include "fft.h"
#include "log2.h"

#if defined(__OPTIMIZE_SIZE__) && defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("O2")
#endif

namespace tinyhost {

namespace {

constexpr int32_t kLog2Of4Over3 = 27200;  // Q16
constexpr int kSpectrumBits = 20;         // of the FFT's input, without sign
constexpr int kMomentBits = 13;           // of the fourth power's base: 512 of them sum to less than 2^61
constexpr int kFloorBits = 4;             // 2^-4 counts^2 is added to powers

int BitLength(uint32_t x) { return x == 0 ? 0 : 32 - CountLeadingZeros(x); }

uint32_t Magnitude(int32_t x) { return x < 0 ? 0u - static_cast<uint32_t>(x) : static_cast<uint32_t>(x); }

int16_t ToFeature(int32_t log2_q16) {
  constexpr int kShift = 16 - kFeatureFractionBits;
  return static_cast<int16_t>((log2_q16 + (1 << (kShift - 1))) >> kShift);
}

/// n * (sample - mean), exactly, and some of its statistics.
struct Deviations {
  uint32_t peak;        // below 2^25
  uint64_t sum_square;  // below 2^59
};

Deviations RemoveMean(const int16_t* samples, size_t n, int32_t* deviations) {
  int32_t sum = 0;
  for (size_t i = 0; i < n; ++i) sum += samples[i * kMotionAxes];
  Deviations result{0, 0};
  for (size_t i = 0; i < n; ++i) {
    const int32_t deviation = samples[i * kMotionAxes] * static_cast<int32_t>(n) - sum;
    const uint32_t magnitude = Magnitude(deviation);
    deviations[i] = deviation;
    if (magnitude > result.peak) result.peak = magnitude;
    result.sum_square += static_cast<uint64_t>(magnitude) * magnitude;
  }
  return result;
}

/// log2 of n * sum of y^4 / (sum of y^2)^2, Q16; y are the deviations in kMomentBits.
int32_t Log2Kurtosis(const int32_t* deviations, size_t n, int log2_n, int peak_bits) {
  const int shift = peak_bits > kMomentBits ? peak_bits - kMomentBits : 0;
  const uint32_t half = shift > 0 ? 1u << (shift - 1) : 0;
  uint64_t sum_square = 0;
  uint64_t sum_fourth = 0;
  for (size_t i = 0; i < n; ++i) {
    const uint32_t y = (Magnitude(deviations[i]) + half) >> shift;
    const uint32_t square = y * y;
    sum_square += square;
    sum_fourth += static_cast<uint64_t>(square) * square;
  }
  return (log2_n << 16) + Log2Q16(sum_fourth) - 2 * Log2Q16(sum_square);
}

/// Multiplies by the Hann window (periodic) and scales to kSpectrumBits; rounds once.
void ApplyWindow(int32_t* deviations, size_t n, int peak_bits) {
  const size_t step = kMaxFftPoints / n;
  const int shift = kTwiddleBits + peak_bits - kSpectrumBits;
  const int64_t half = int64_t{1} << (shift - 1);
  for (size_t i = 0; i <= n / 2; ++i) {
    const int32_t cosine = i < n / 2 ? kCircle[i * step].cosine : -(1 << kTwiddleBits);
    const int64_t weight = ((int64_t{1} << kTwiddleBits) - cosine) >> 1;  // Q30
    deviations[i] = static_cast<int32_t>((deviations[i] * weight + half) >> shift);
    if (i == 0 || i == n / 2) continue;
    deviations[n - i] = static_cast<int32_t>((deviations[n - i] * weight + half) >> shift);
  }
}

uint64_t SumPower(const int32_t* spectrum, size_t first_bin, size_t end_bin) {
  uint64_t sum = 0;
  for (const int32_t* part = spectrum + 2 * first_bin; part != spectrum + 2 * end_bin; ++part) {
    sum += static_cast<uint64_t>(static_cast<int64_t>(*part) * *part);
  }
  return sum;
}

}  // namespace

Status CheckMotionConfig(const MotionConfig& config) {
  const uint16_t n = config.n_fft;
  if (n < kMinFftPoints || n > kMaxFftPoints || (n & (n - 1)) != 0) return Status::kBadArgument;
  if (config.n_bands < 1 || config.n_bands > kMaxBands || config.band_edges[0] < 1) return Status::kBadArgument;
  for (size_t band = 0; band < config.n_bands; ++band) {
    if (config.band_edges[band + 1] <= config.band_edges[band]) return Status::kBadArgument;
  }
  return config.band_edges[config.n_bands] <= n / 2 ? Status::kOk : Status::kBadArgument;
}

Status MotionFeatures::Configure(const MotionConfig& config) {
  const Status status = CheckMotionConfig(config);
  if (status == Status::kOk) config_ = config;
  return status;
}

void MotionFeatures::Compute(const int16_t* window, int16_t* features) {
  for (size_t axis = 0; axis < kMotionAxes; ++axis) {
    ComputeAxis(window + axis, features + axis * FeaturesPerAxis(config_));
  }
}

void MotionFeatures::ComputeAxis(const int16_t* samples, int16_t* features) {
  const size_t n = config_.n_fft;
  const int log2_n = BitLength(config_.n_fft) - 1;
  int16_t* statistics = features + config_.n_bands;
  const Deviations known = RemoveMean(samples, n, work_);
  if (known.peak == 0) {
    for (size_t i = 0; i <= config_.n_bands; ++i) features[i] = -kFloorBits * (1 << kFeatureFractionBits);
    statistics[1] = 0;
    statistics[2] = 0;
    return;
  }
  // Deviations are n times too large, so squares are n^2 and the sum n^3 times.
  const uint64_t variance_floor = uint64_t{1} << (3 * log2_n - kFloorBits);
  statistics[0] = ToFeature(Log2Q16(known.sum_square + variance_floor) - ((3 * log2_n) << 16));
  statistics[1] = ToFeature(2 * Log2Q16(known.peak) + (log2_n << 16) - Log2Q16(known.sum_square));
  const int peak_bits = BitLength(known.peak);  // log2_n..log2_n + 16
  statistics[2] = ToFeature(Log2Kurtosis(work_, n, log2_n, peak_bits));

  ApplyWindow(work_, n, peak_bits);
  RealFft(work_, n);
  // The periodogram is 2 / (n * sum of squared weights) |X|^2 = 16 / (3 n^2) |X|^2 (Welch, 1967). Here the spectrum
  // is twice X, n times too large, and scaled by 2^(20 - peak_bits): power = 4/3 * sum * 2^exponent counts^2.
  const int exponent = 2 * peak_bits - 2 * kSpectrumBits - 4 * log2_n;
  const uint64_t floor = uint64_t{3} << (-exponent - kFloorBits - 2);
  for (size_t band = 0; band < config_.n_bands; ++band) {
    const uint64_t sum = SumPower(work_, config_.band_edges[band], config_.band_edges[band + 1]);
    features[band] = ToFeature(Log2Q16(sum + floor) + kLog2Of4Over3 + exponent * (1 << 16));
  }
}

int8_t QuantizeFeature(int16_t feature, const FeatureScaling& scaling) {
  const int64_t scaled = static_cast<int64_t>(feature - scaling.offset) * scaling.multiplier;
  const int64_t rounded = (scaled + (1 << 15)) >> 16;
  return static_cast<int8_t>(rounded < INT8_MIN ? INT8_MIN : (rounded > INT8_MAX ? INT8_MAX : rounded));
}

}  // namespace tinyhost
