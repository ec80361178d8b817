#include <doctest/doctest.h>

#include <initializer_list>

#include "anomaly/score.h"
#include "hal/clock.h"
#include "motion/features.h"

namespace tinyhost {
namespace {

constexpr size_t kBands = 20;

MotionFeatures motion;
int16_t window[kMaxFftPoints * kMotionAxes];
int16_t features[kMaxMotionFeatures];

/// Gravity, a tone and noise: what a machine's housing shows.
void FillWindow() {
  uint32_t state = 1;
  for (size_t i = 0; i < kMaxFftPoints * kMotionAxes; ++i) {
    state = state * 1664525u + 1013904223u;
    const auto noise = static_cast<int16_t>((state >> 24) - 128);
    const auto tone = static_cast<int16_t>((i / kMotionAxes) % 12 < 6 ? 200 : -200);
    window[i] = static_cast<int16_t>(8192 * (i % kMotionAxes == 1) + tone + noise);
  }
}

void Configure(uint16_t n_fft) {
  MotionConfig config{};
  config.n_fft = n_fft;
  config.n_bands = kBands;
  for (size_t i = 0; i <= kBands; ++i) config.band_edges[i] = static_cast<uint16_t>(1 + i * (n_fft / 2u - 1) / kBands);
  REQUIRE(motion.Configure(config) == Status::kOk);
}

__attribute__((noipa)) void ComputeFeatures() { motion.Compute(window, features); }

template <typename Function>
uint32_t Instructions(Function function) {
  const uint64_t start = hal::Ticks();
  function();
  return static_cast<uint32_t>(hal::Ticks() - start);
}

TEST_CASE("the features of a window take as many instructions each time") {
  FillWindow();
  for (const uint16_t n_fft : {64, 128, 256, 512}) {
    Configure(n_fft);
    const uint32_t instructions = Instructions(ComputeFeatures);
    MESSAGE("features of ", n_fft, " x 3 samples, ", kBands, " bands: ", instructions, " instructions");
    CHECK(Instructions(ComputeFeatures) == instructions);
  }
}

ReconstructionScale scale;
int8_t input[640];
int8_t output[640];
int32_t score;
CentroidDistance found;
int8_t centroids[16 * 69];
uint16_t weights[69];

__attribute__((noipa)) void ScoreReconstruction() { score = ReconstructionError(input, output, 640, scale); }
__attribute__((noipa)) void FindCentroid() { found = NearestCentroid(input, {centroids, weights, 69, 16, 24}); }

TEST_CASE("a score takes as many instructions each time") {
  for (size_t i = 0; i < 640; ++i) input[i] = static_cast<int8_t>(i * 37);
  const TensorView tensor{TensorType::kInt8, 1, {640, 1, 1, 1}, 0.0625f, 0, 640, nullptr};
  REQUIRE(ReconstructionScale::From(tensor, tensor, &scale) == Status::kOk);
  const uint32_t reconstruction = Instructions(ScoreReconstruction);
  const uint32_t distance = Instructions(FindCentroid);
  MESSAGE("mean squared error of 640 elements: ", reconstruction, " instructions");
  MESSAGE("distance to 16 centroids of 69 dimensions: ", distance, " instructions");
  CHECK(Instructions(ScoreReconstruction) == reconstruction);
  CHECK(Instructions(FindCentroid) == distance);
}

}  // namespace
}  // namespace tinyhost
