#include <doctest/doctest.h>

#include <vector>

#include "../support/extreme_sound.h"
#include "../support/frontend_vectors.h"
#include "core/crc32.h"
#include "frontend/frontend.h"

namespace tinyhost {
namespace {

Frontend frontend;

std::vector<int16_t> MakeSound(size_t n) {
  ExtremeSound sound;
  std::vector<int16_t> samples(n);
  for (int16_t& sample : samples) sample = sound.Next();
  return samples;
}

/// Raw features of sound that comes in pieces.
std::vector<uint16_t> FeaturesOf(const std::vector<int16_t>& samples, size_t piece) {
  std::vector<uint16_t> rows;
  for (size_t i = 0; i < samples.size();) {
    const size_t n = samples.size() - i < piece ? samples.size() - i : piece;
    bool is_complete = false;
    i += frontend.Take(samples.data() + i, n, &is_complete);
    if (is_complete) rows.insert(rows.end(), frontend.raw(), frontend.raw() + frontend.n_channels());
  }
  return rows;
}

TEST_CASE("features are those that TFLM gave, in every configuration that was recorded") {
  const std::vector<int16_t> sound = MakeSound(kFrontendVectorSamples);
  for (const FrontendVector& vector : kFrontendVectors) {
    CAPTURE(vector.config.sample_rate_hz);
    CAPTURE(vector.config.window_ms);
    CAPTURE(vector.config.stride_ms);
    REQUIRE(frontend.Configure(vector.config) == Status::kOk);
    const std::vector<uint16_t> rows = FeaturesOf(sound, 512);
    REQUIRE(rows.size() == vector.n_rows * vector.config.n_channels);
    CHECK(Crc32(reinterpret_cast<const uint8_t*>(rows.data()), rows.size() * sizeof(uint16_t)) == vector.crc32);
  }
}

TEST_CASE("pieces of any size give the same features, and a reset starts anew") {
  const std::vector<int16_t> sound = MakeSound(6000);
  REQUIRE(frontend.Configure({}) == Status::kOk);
  const std::vector<uint16_t> expected = FeaturesOf(sound, 6000);
  for (const size_t piece : {1u, 7u, 16u, 160u, 319u, 321u}) {
    CAPTURE(piece);
    frontend.Reset();
    CHECK(FeaturesOf(sound, piece) == expected);
  }
}

TEST_CASE("a stride takes what it needs and no more") {
  const std::vector<int16_t> sound = MakeSound(2000);
  REQUIRE(frontend.Configure({}) == Status::kOk);
  bool is_complete = true;
  CHECK(frontend.Take(sound.data(), 479, &is_complete) == 479);
  CHECK_FALSE(is_complete);
  CHECK(frontend.Take(sound.data(), 2000, &is_complete) == 1);
  CHECK(is_complete);
  CHECK(frontend.Take(sound.data(), 2000, &is_complete) == 320);
  CHECK(is_complete);
  CHECK(frontend.Take(sound.data(), 0, &is_complete) == 0);
  CHECK_FALSE(is_complete);
}

TEST_CASE("a frontend that is not configured takes all and completes nothing") {
  Frontend fresh;
  const int16_t samples[8] = {};
  bool is_complete = true;
  CHECK(fresh.Take(samples, 8, &is_complete) == 8);
  CHECK_FALSE(is_complete);
  CHECK(fresh.n_channels() == 0);
}

TEST_CASE("a refused configuration leaves the frontend as it was") {
  const std::vector<int16_t> sound = MakeSound(4000);
  REQUIRE(frontend.Configure({}) == Status::kOk);
  const std::vector<uint16_t> expected = FeaturesOf(sound, 4000);
  frontend.Reset();
  FrontendConfig bad[10];
  bad[0].window_ms = 33;
  bad[1].stride_ms = 31;
  bad[2].n_channels = kMaxFrontendChannels + 1;
  bad[3].upper_band_hz = 8000;  // the bin at half the sample rate is none of the filters'
  bad[4].sample_rate_hz = 0;
  bad[5].variant = static_cast<FrontendVariant>(2);
  bad[6].lower_band_hz = 7995;  // beyond the last bin
  bad[6].upper_band_hz = 8000;
  bad[7].sample_rate_hz = 4'000'000'000;
  bad[8].n_coefficients = kMaxFrontendCoefficients + 1;
  bad[9].n_channels = 5;
  bad[9].n_coefficients = 6;
  for (const FrontendConfig& config : bad) CHECK(frontend.Configure(config) == Status::kBadArgument);
  CHECK(FeaturesOf(sound, 4000) == expected);
}

TEST_CASE("any configuration is refused, or gives features") {
  const std::vector<int16_t> sound = MakeSound(1200);
  uint32_t state = 1;
  const auto random = [&state](uint32_t end) {
    state = state * 1'664'525 + 1'013'904'223;
    return (state >> 8) % end;
  };
  int n_taken = 0;
  for (int i = 0; i < 300; ++i) {
    const uint32_t rates[] = {8000, 11'025, 16'000, 44'100, random(70'000)};
    FrontendConfig config;
    config.sample_rate_hz = rates[random(5)];
    config.window_ms = static_cast<uint16_t>(random(80));
    config.stride_ms = static_cast<uint16_t>(random(40));
    config.lower_band_hz = static_cast<uint16_t>(random(config.sample_rate_hz / 2 + 1));
    config.upper_band_hz = static_cast<uint16_t>(config.lower_band_hz + random(config.sample_rate_hz / 2 + 1));
    config.n_channels = static_cast<uint8_t>(random(70));
    config.variant = static_cast<FrontendVariant>(random(2));
    config.n_coefficients = static_cast<uint8_t>(random(2) == 0 ? 0 : random(22));
    if (frontend.Configure(config) != Status::kOk) continue;
    ++n_taken;
    CHECK(FeaturesOf(sound, 400).size() ==
          ((sound.size() - frontend.window_samples()) / frontend.stride_samples() + 1) * config.n_channels);
  }
  CHECK(n_taken > 10);
}

TEST_CASE("Features maps raw features to int8, saturated") {
  CHECK(QuantizedFeature(0) == -128);
  CHECK(QuantizedFeature(1) == -128);
  CHECK(QuantizedFeature(2) == -127);
  CHECK(QuantizedFeature(666) == 127);
  CHECK(QuantizedFeature(665) == 127);
  CHECK(QuantizedFeature(661) == 126);
  CHECK(QuantizedFeature(65535) == 127);
  REQUIRE(frontend.Configure({}) == Status::kOk);
  FeaturesOf(MakeSound(4000), 4000);
  int8_t features[40];
  frontend.Features(features);
  for (size_t i = 0; i < 40; ++i) CHECK(features[i] == QuantizedFeature(frontend.raw()[i]));
}

}  // namespace
}  // namespace tinyhost
