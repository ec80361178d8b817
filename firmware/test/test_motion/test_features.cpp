#include <doctest/doctest.h>

#include <cstring>
#include <initializer_list>
#include <vector>

#include "core/crc32.h"
#include "motion/features.h"

namespace tinyhost {
namespace {

MotionConfig Config(uint16_t n_fft, std::vector<uint16_t> edges) {
  MotionConfig config{};
  config.n_fft = n_fft;
  config.n_bands = static_cast<uint16_t>(edges.size() - 1);
  for (size_t i = 0; i < edges.size() && i <= kMaxBands; ++i) config.band_edges[i] = edges[i];
  return config;
}

/// Features of a window of which all axes are `axis`.
std::vector<int16_t> FeaturesOf(const MotionConfig& config, const std::vector<int16_t>& axis) {
  static MotionFeatures motion;
  REQUIRE(motion.Configure(config) == Status::kOk);
  std::vector<int16_t> window;
  for (const int16_t sample : axis) window.insert(window.end(), kMotionAxes, sample);
  std::vector<int16_t> features(MotionFeatureCount(config));
  motion.Compute(window.data(), features.data());
  return features;
}

/// A tone of a quarter of the sampling rate: 0, 1, 0, -1 times the amplitude.
std::vector<int16_t> QuarterTone(size_t n, int16_t amplitude, int16_t mean) {
  std::vector<int16_t> samples(n, mean);
  for (size_t i = 1; i < n; i += 4) samples[i] = static_cast<int16_t>(mean + amplitude);
  for (size_t i = 3; i < n; i += 4) samples[i] = static_cast<int16_t>(mean - amplitude);
  return samples;
}

constexpr int kOne = 1 << kFeatureFractionBits;

TEST_CASE("a tone is in its band with its variance, whatever the mean") {
  for (const uint16_t n : {32, 64, 128, 256, 512}) {
    const uint16_t quarter = n / 4;
    const MotionConfig config = Config(
        n, {1, static_cast<uint16_t>(quarter - 1), static_cast<uint16_t>(quarter + 2), static_cast<uint16_t>(n / 2)});
    for (const int16_t mean : {0, 8192, -20000}) {
      const std::vector<int16_t> row = FeaturesOf(config, QuarterTone(n, 4096, mean));
      CHECK(row[0] == -4 * kOne);  // nothing but the floor
      CHECK(row[1] == 23 * kOne);  // 4096^2 / 2
      CHECK(row[2] == -4 * kOne);
      CHECK(row[3] == 23 * kOne);
      CHECK(row[4] == 1 * kOne);  // peak^2 is twice the variance
      CHECK(row[5] == 1 * kOne);  // half of the samples are 0: fourth moment / variance^2 = 2
    }
  }
}

TEST_CASE("a sensor that is stuck has the floor as power, and neither crest nor kurtosis") {
  const MotionConfig config = Config(64, {1, 8, 32});
  for (const int16_t value : {0, 1, -32768, 32767}) {
    CHECK(FeaturesOf(config, std::vector<int16_t>(64, value)) ==
          std::vector<int16_t>{-1024, -1024, -1024, 0, 0, -1024, -1024, -1024, 0, 0, -1024, -1024, -1024, 0, 0});
  }
}

TEST_CASE("the largest signal there is overflows nothing") {
  for (const uint16_t n : {32, 512}) {
    std::vector<int16_t> square(n, INT16_MIN);
    for (size_t i = 0; i < n / 2u; ++i) square[i] = INT16_MAX;
    const std::vector<int16_t> row = FeaturesOf(Config(n, {1, 2, static_cast<uint16_t>(n / 2)}), square);
    CHECK(row[2] == 30 * kOne);  // 32767.5^2
    CHECK(row[3] == 0);          // a square wave's peak is its RMS
    CHECK(row[4] == 0);
    CHECK(row[0] > row[1]);
    CHECK(row[0] <= row[2]);
  }
}

TEST_CASE("an impulse has the largest crest factor and kurtosis") {
  std::vector<int16_t> impulse(128, 0);
  impulse[64] = INT16_MIN;
  const std::vector<int16_t> row = FeaturesOf(Config(128, {1, 64}), impulse);
  CHECK(row[2] == doctest::Approx(6.99 * kOne).epsilon(0.01));  // peak^2 / variance is n - 1
  CHECK(row[3] == doctest::Approx(6.98 * kOne).epsilon(0.01));  // about n - 2
}

TEST_CASE("axes do not mix") {
  static MotionFeatures motion;
  REQUIRE(motion.Configure(Config(32, {1, 16})) == Status::kOk);
  int16_t window[32 * kMotionAxes] = {};
  for (size_t i = 0; i < 32; ++i) window[i * kMotionAxes + 1] = i % 2 == 0 ? 100 : -100;
  int16_t features[12];
  motion.Compute(window, features);
  CHECK(features[1] == -1024);
  CHECK(features[5] > 13 * kOne);
  CHECK(features[9] == -1024);
}

TEST_CASE("impossible configurations are refused and change nothing") {
  MotionFeatures motion;
  REQUIRE(motion.Configure(Config(64, {1, 32})) == Status::kOk);
  for (const MotionConfig& config :
       {Config(0, {1, 2}), Config(16, {1, 8}), Config(100, {1, 8}), Config(1024, {1, 8}), Config(64, {0, 8}),
        Config(64, {1, 33}), Config(64, {8, 8}), Config(64, {8, 4}), Config(64, {1})}) {
    CHECK(motion.Configure(config) == Status::kBadArgument);
    CHECK(motion.config().n_fft == 64);
  }
  MotionConfig many = Config(128, {1, 2});
  many.n_bands = kMaxBands + 1;
  CHECK(CheckMotionConfig(many) == Status::kBadArgument);
}

/// Windows of noise and square waves of many sizes. tests/unit/motion/test_features.py has the same.
TEST_CASE("every board computes the same bytes") {
  static MotionFeatures motion;
  uint32_t crc = 0;
  uint32_t state = 1;
  for (const uint16_t n : {32, 64, 128, 256, 512}) {
    REQUIRE(motion.Configure(Config(n, {1, 2, 5, static_cast<uint16_t>(n / 4), static_cast<uint16_t>(n / 2)})) ==
            Status::kOk);
    for (int shift = 0; shift < 16; ++shift) {
      std::vector<int16_t> window(n * kMotionAxes);
      for (size_t i = 0; i < window.size(); ++i) {
        state = state * 1664525u + 1013904223u;
        const int noise = static_cast<int>(state >> 16) - 32768;
        window[i] = static_cast<int16_t>(noise / (1 << shift) / 2 + (i / kMotionAxes % 10 < 5 ? 300 : -300));
      }
      int16_t features[kMotionAxes * 7];
      motion.Compute(window.data(), features);
      crc = Crc32(features, sizeof(features), crc);
    }
  }
  CHECK(crc == 3139308814u);
}

TEST_CASE("quantization rounds halves up and saturates") {
  const FeatureScaling eighth{0, 1 << 13};
  CHECK(QuantizeFeature(8, eighth) == 1);
  CHECK(QuantizeFeature(4, eighth) == 1);
  CHECK(QuantizeFeature(3, eighth) == 0);
  CHECK(QuantizeFeature(-4, eighth) == 0);
  CHECK(QuantizeFeature(-5, eighth) == -1);
  CHECK(QuantizeFeature(INT16_MAX, eighth) == INT8_MAX);
  CHECK(QuantizeFeature(INT16_MIN, eighth) == INT8_MIN);
  CHECK(QuantizeFeature(INT16_MAX, {INT16_MIN, INT32_MAX}) == INT8_MAX);
  CHECK(QuantizeFeature(INT16_MAX, {INT16_MIN, INT32_MIN}) == INT8_MIN);
  CHECK(QuantizeFeature(300, {300, INT32_MAX}) == 0);
}

}  // namespace
}  // namespace tinyhost
