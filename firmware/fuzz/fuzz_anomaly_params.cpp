// Fuzzes an anomaly model's task data: OpenAnomalyParams() on any bytes, and if it accepts them, features of a window
// and a score of the largest differences. Memory behind the section is poisoned, so that reading one byte too far is
// found.

#include <sanitizer/asan_interface.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "anomaly/params.h"
#include "anomaly/score.h"
#include "motion/features.h"

namespace {

using tinyhost::AnomalyParams;
using tinyhost::AnomalyView;
using tinyhost::MotionFeatures;
using tinyhost::Status;
using tinyhost::TensorView;

constexpr size_t kMaxBytes = 2048;

alignas(16) uint8_t g_section[kMaxBytes + 16];
MotionFeatures g_motion;
int16_t g_window[tinyhost::kMaxFftPoints * tinyhost::kMotionAxes];

TensorView Tensor(size_t n) {
  return {tinyhost::TensorType::kInt8, 1, {static_cast<int32_t>(n), 1, 1, 1}, 0.0625f, 0, n, nullptr};
}

/// The length of the section that its counts require, so that mutations of counts get past that check.
size_t WantedBytes(const AnomalyParams& params) {
  const size_t n_features = 3 * (size_t{params.n_bands} + tinyhost::kMotionStatistics);
  return sizeof(AnomalyParams) + 6 * n_features + 2 * (size_t{params.n_bands} + 1) +
         (2 + size_t{params.n_centroids}) * params.n_dimensions;
}

void Use(const AnomalyView& view) {
  if (g_motion.Configure(view.motion) != Status::kOk) std::abort();
  int16_t features[tinyhost::kMaxMotionFeatures];
  int8_t input[tinyhost::kMaxMotionFeatures];
  int8_t output[tinyhost::kMaxMotionFeatures];
  g_motion.Compute(g_window, features);
  for (size_t i = 0; i < view.n_features(); ++i) {
    input[i] = tinyhost::QuantizeFeature(features[i], view.scaling(i));
    output[i] = input[i] < 0 ? INT8_MAX : INT8_MIN;
  }
  const size_t n = view.n_features();
  tinyhost::AnomalyScorer scorer;
  if (scorer.Configure(view, Tensor(n), Tensor(n), Tensor(view.params->n_dimensions)) != Status::kOk) std::abort();
  const tinyhost::AnomalyScore score = scorer.Score(input, output, output);
  if (score.score < 0 || score.reconstruction < 0 || score.distance < 0) std::abort();
  if (view.uses_distance() && score.nearest >= view.params->n_centroids) std::abort();
}

/// A valid section: two bands, and two centroids over the 15 features.
size_t FillSection() {
  std::memset(g_section, 0, sizeof(g_section));
  AnomalyParams params{};
  params.rate_mhz = 119'000;
  params.counts_per_g = 8192.0f;
  params.n_fft = 64;
  params.hop = 32;
  params.n_bands = 2;
  params.n_dimensions = 15;
  params.n_centroids = 2;
  params.weight_bits = 16;
  params.kind = tinyhost::ScoreKind::kCombined;
  params.reconstruction_gain = 1 << 16;
  params.distance_gain = 1 << 16;
  params.raise_windows = 1;
  params.clear_windows = 1;
  std::memcpy(g_section, &params, sizeof(params));
  const uint16_t edges[] = {1, 8, 32};
  std::memcpy(g_section + sizeof(params) + 6 * 15, edges, sizeof(edges));
  return WantedBytes(params);
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  for (size_t i = 0; i < sizeof(g_window) / sizeof(g_window[0]); ++i) g_window[i] = static_cast<int16_t>(i * i * 2741);
  return 0;
}

/// The first byte chooses the section's length: as the counts require, or a little off. Then come edits of three bytes
/// each.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 1) return 0;
  ASAN_UNPOISON_MEMORY_REGION(g_section, sizeof(g_section));
  size_t n_bytes = FillSection();
  for (size_t i = 1; i + 3 <= size; i += 3) {
    const size_t place = data[i] + 256u * (data[i + 1] % 8);
    g_section[place < kMaxBytes ? place : 0] = data[i + 2];
  }
  AnomalyParams params;
  std::memcpy(&params, g_section, sizeof(params));
  if (WantedBytes(params) <= kMaxBytes - 8) n_bytes = WantedBytes(params);
  if (data[0] >= 0xF8) n_bytes += data[0] - 0xFC;
  ASAN_POISON_MEMORY_REGION(g_section + n_bytes, sizeof(g_section) - n_bytes);
  AnomalyView view;
  if (tinyhost::OpenAnomalyParams({g_section, n_bytes}, &view) == Status::kOk) Use(view);
  return 0;
}
