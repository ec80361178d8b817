#include <doctest/doctest.h>

#include <random>
#include <vector>

#include "gestures/steps.h"

namespace tinyhost {
namespace {

using Row = std::vector<int>;

/// The steps of a stream, by the definition: sample i belongs to step i * step_mhz / rate_mhz.
std::vector<Row> Expected(const std::vector<int16_t>& moments, uint64_t rate_mhz, uint64_t step_mhz) {
  std::vector<Row> steps;
  const size_t n = moments.size() / kGestureChannels;
  for (size_t first = 0; first < n;) {
    const uint64_t step = first * step_mhz / rate_mhz;
    size_t last = first;
    while (last < n && last * step_mhz / rate_mhz == step) ++last;
    if (last == n && n * step_mhz / rate_mhz == step) break;  // it has not ended
    Row row;
    for (size_t channel = 0; channel < kGestureChannels; ++channel) {
      double sum = 0;
      for (size_t i = first; i < last; ++i) sum += moments[i * kGestureChannels + channel];
      const double mean = sum / static_cast<double>(last - first) / (channel < 3 ? 256 : 64);
      row.push_back(static_cast<int>(std::min(127.0, std::max(-128.0, std::floor(mean + 0.5)))));
    }
    steps.push_back(row);
    first = last;
  }
  return steps;
}

std::vector<int16_t> Noise(size_t n_moments, uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<int16_t> moments(n_moments * kGestureChannels);
  for (auto& value : moments) value = static_cast<int16_t>(random());
  return moments;
}

TEST_CASE("a step is the mean of the samples in it, at both boards' rates and others") {
  for (const uint32_t rate_mhz : {119'000u, 100'000u, 25'000u, 104'321u, 10'000'000u}) {
    const auto moments = Noise(rate_mhz / 1000, rate_mhz);
    Stepper stepper;
    REQUIRE(stepper.Start(rate_mhz, 25'000) == Status::kOk);
    std::vector<Row> steps;
    for (size_t i = 0; i < moments.size(); i += kGestureChannels) {
      int8_t step[kGestureChannels];
      if (stepper.Take(&moments[i], step)) steps.emplace_back(step, step + kGestureChannels);
    }
    CHECK(steps == Expected(moments, rate_mhz, 25'000));
    CHECK(steps.size() == 25 - (rate_mhz % 1000 != 0 ? 1 : 0));
  }
}

TEST_CASE("a whole window's steps are those of a stream that begins with it") {
  const auto moments = Noise(238, 1);
  std::vector<int8_t> steps(50 * kGestureChannels);
  REQUIRE(WindowSteps(moments.data(), 238, 50, steps.data()) == Status::kOk);
  const auto expected = Expected(moments, 119'000, 25'000);
  for (size_t i = 0; i < 50; ++i) {
    CHECK(Row(&steps[i * kGestureChannels], &steps[(i + 1) * kGestureChannels]) == expected[i]);
  }
}

TEST_CASE("fewer samples than steps are refused") {
  Stepper stepper;
  int8_t step[kGestureChannels];
  const int16_t moment[kGestureChannels] = {};
  CHECK(stepper.Start(24'999, 25'000) == Status::kSampleRate);
  CHECK_FALSE(stepper.Take(moment, step));
  CHECK(stepper.Start(119'000, 0) == Status::kSampleRate);
  CHECK(stepper.Start(UINT32_MAX, 25'000) == Status::kSampleRate);
  CHECK(WindowSteps(moment, 1, 2, step) == Status::kBadArgument);
  CHECK(WindowSteps(moment, 0, 0, step) == Status::kBadArgument);
}

}  // namespace
}  // namespace tinyhost
