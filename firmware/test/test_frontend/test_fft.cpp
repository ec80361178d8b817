#include <doctest/doctest.h>

#include <cmath>
#include <cstdlib>
#include <vector>

#include "../../lib/frontend/src/fft.h"

namespace tinyhost {
namespace {

constexpr double kTwoPi = 6.283185307179586;

std::vector<int16_t> MakeNoise(size_t n, int32_t level) {
  uint32_t state = 7;
  std::vector<int16_t> samples(n);
  for (int16_t& sample : samples) {
    state = state * 1'664'525 + 1'013'904'223;
    sample = static_cast<int16_t>(static_cast<int32_t>(state >> 16) % (2 * level) - level);
  }
  return samples;
}

/// |DFT / n|^2 of windowed samples, in floating point.
double ExpectedEnergy(const std::vector<int16_t>& samples, const std::vector<int16_t>& window, size_t bin) {
  const size_t n = samples.size();
  double real = 0, imaginary = 0;
  for (size_t i = 0; i < n; ++i) {
    const double value = samples[i] * window[i] / 4096.0;
    const double phase = kTwoPi * static_cast<double>(bin * i % n) / static_cast<double>(n);
    real += value * std::cos(phase);
    imaginary -= value * std::sin(phase);
  }
  const double size = static_cast<double>(n);
  return (real * real + imaginary * imaginary) / (size * size);
}

TEST_CASE("energies are those of a Fourier transform, in every size") {
  for (const size_t n_complex : {64u, 128u, 256u}) {
    CAPTURE(n_complex);
    const size_t n = 2 * n_complex;
    const std::vector<int16_t> samples = MakeNoise(n, 16'000);
    std::vector<int16_t> window(n);
    for (size_t i = 0; i < n; ++i) {
      window[i] = static_cast<int16_t>(2048 - 2048 * std::cos(kTwoPi * (static_cast<double>(i) + 0.5) / n));
    }
    std::vector<uint32_t> spectrum(n_complex);
    CHECK(WindowSamples(samples.data(), window.data(), n, n_complex, spectrum.data()) < 0x8000);
    TransformToEnergies(spectrum.data(), n_complex, 1, 1, n_complex);
    for (size_t bin = 1; bin < n_complex; ++bin) {
      // Each of some ten roundings is off by up to one half; the samples are shifted by one bit.
      const double expected = 2 * std::sqrt(ExpectedEnergy(samples, window, bin));
      REQUIRE(std::fabs(std::sqrt(spectrum[bin]) - expected) < 5.0);
    }
  }
}

TEST_CASE("of some bins, the energies are the same as of all") {
  const std::vector<int16_t> samples = MakeNoise(512, 30'000);
  const std::vector<int16_t> window(512, 2000);
  std::vector<uint32_t> all(256);
  WindowSamples(samples.data(), window.data(), 512, 256, all.data());
  TransformToEnergies(all.data(), 256, 0, 1, 256);
  const struct {
    size_t first, end;
  } ranges[] = {{5, 241}, {1, 2}, {1, 129}, {100, 140}, {128, 129}, {200, 256}, {255, 256}};
  for (const auto& range : ranges) {
    CAPTURE(range.first);
    std::vector<uint32_t> some(256);
    WindowSamples(samples.data(), window.data(), 512, 256, some.data());
    TransformToEnergies(some.data(), 256, 0, range.first, range.end);
    for (size_t bin = range.first; bin < range.end; ++bin) CHECK(some[bin] == all[bin]);
  }
}

TEST_CASE("the magnitudes' bits are reported, and -32768 by itself") {
  std::vector<int16_t> samples(512, 0);
  const std::vector<int16_t> window(512, 4096);
  std::vector<uint32_t> spectrum(256);
  CHECK(WindowSamples(samples.data(), window.data(), 512, 256, spectrum.data()) == 0);
  samples[7] = -1024;
  CHECK(WindowSamples(samples.data(), window.data(), 512, 256, spectrum.data()) == 1024);
  samples[300] = 3;
  CHECK(WindowSamples(samples.data(), window.data(), 512, 256, spectrum.data()) == 1027);
  samples[511] = -32768;
  CHECK(WindowSamples(samples.data(), window.data(), 512, 256, spectrum.data()) == 0x8000 + 1027);
}

}  // namespace
}  // namespace tinyhost
