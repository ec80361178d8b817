#include <doctest/doctest.h>

#include <cstring>
#include <vector>

#include "anomaly/params.h"
#include "anomaly/score.h"

namespace tinyhost {
namespace {

/// Parameters that are right: one band, so 12 features, and two centroids over them.
struct TaskData {
  AnomalyParams params{};
  int32_t multipliers[12];
  int16_t offsets[12];
  uint16_t band_edges[2];
  uint16_t weights[12];
  int8_t centroids[24];

  TaskData() {
    params.rate_mhz = 119'000;
    params.counts_per_g = 8192.0f;
    params.n_fft = 64;
    params.hop = 32;
    params.n_bands = 1;
    params.n_dimensions = 12;
    params.n_centroids = 2;
    params.kind = ScoreKind::kCombined;
    params.reconstruction_gain = 1 << 16;
    params.distance_gain = 1 << 15;
    params.threshold = 5 << 16;
    params.hysteresis = 1 << 16;
    params.raise_windows = 3;
    params.clear_windows = 5;
    params.baseline_shift = 12;
    for (size_t i = 0; i < 12; ++i) {
      multipliers[i] = 1 << 12;
      offsets[i] = static_cast<int16_t>(i);
      weights[i] = 1 << 8;
      centroids[i] = 0;
      centroids[12 + i] = 16;
    }
    band_edges[0] = 1;
    band_edges[1] = 32;
  }
};

constexpr size_t kBytes = sizeof(AnomalyParams) + 12 * 4 + 12 * 2 + 2 * 2 + 12 * 2 + 24;

Status Open(const TaskData& data, size_t n_bytes, AnomalyView* view) {
  static_assert(sizeof(TaskData) == kBytes, "the arrays follow without gaps");
  static uint32_t image[kBytes / 4 + 2];
  std::memcpy(image, &data, sizeof(data));
  return OpenAnomalyParams({reinterpret_cast<const uint8_t*>(image), n_bytes}, view);
}

Status Open(const TaskData& data) {
  AnomalyView view;
  return Open(data, kBytes, &view);
}

TEST_CASE("a good section is taken as it is") {
  AnomalyView view;
  REQUIRE(Open(TaskData(), kBytes, &view) == Status::kOk);
  CHECK(view.motion.n_fft == 64);
  CHECK(view.motion.band_edges[1] == 32);
  CHECK(view.n_features() == 12);
  CHECK(view.scaling(11).offset == 11);
  CHECK(view.scaling(11).multiplier == 1 << 12);
  CHECK(view.weights[11] == 1 << 8);
  CHECK(view.centroids[23] == 16);
}

TEST_CASE("no section, or one of another length, is refused") {
  AnomalyView view;
  CHECK(Open(TaskData(), 0, &view) == Status::kNoModel);
  for (size_t n = 1; n < kBytes; ++n) CHECK(Open(TaskData(), n, &view) == Status::kImageParameter);
  CHECK(Open(TaskData(), kBytes + 1, &view) == Status::kImageParameter);
}

TEST_CASE("every impossible value is refused") {
  const auto refused = [](auto change) {
    TaskData data;
    change(&data);
    return Open(data) == Status::kImageParameter;
  };
  CHECK(refused([](TaskData* d) { d->params.rate_mhz = 0; }));
  CHECK(refused([](TaskData* d) { d->params.counts_per_g = 0.0f; }));
  CHECK(refused([](TaskData* d) { d->params.counts_per_g = -1.0f; }));
  CHECK(refused([](TaskData* d) { std::memset(&d->params.counts_per_g, 0xFF, 4); }));  // not a number
  CHECK(refused([](TaskData* d) { d->params.n_fft = 0; }));
  CHECK(refused([](TaskData* d) { d->params.n_fft = 96; }));
  CHECK(refused([](TaskData* d) { d->params.n_fft = 32; }));  // the band ends beyond it
  CHECK(refused([](TaskData* d) { d->params.hop = 0; }));
  CHECK(refused([](TaskData* d) { d->params.hop = 65; }));
  CHECK(refused([](TaskData* d) { d->params.n_bands = 0; }));
  CHECK(refused([](TaskData* d) { d->params.n_bands = 65'535; }));
  CHECK(refused([](TaskData* d) { d->band_edges[0] = 0; }));
  CHECK(refused([](TaskData* d) { d->band_edges[1] = 1; }));
  CHECK(refused([](TaskData* d) { d->params.n_dimensions = 0; }));
  CHECK(refused([](TaskData* d) { d->params.n_dimensions = 11; }));
  CHECK(refused([](TaskData* d) { d->params.n_centroids = 0; }));
  CHECK(refused([](TaskData* d) { d->params.n_centroids = 255; }));
  CHECK(refused([](TaskData* d) { d->params.weight_bits = 41; }));
  CHECK(refused([](TaskData* d) { d->params.kind = static_cast<ScoreKind>(0); }));
  CHECK(refused([](TaskData* d) { d->params.kind = static_cast<ScoreKind>(4); }));
  CHECK(refused([](TaskData* d) { d->params.kind = ScoreKind::kReconstruction; }));  // with centroids
  CHECK(refused([](TaskData* d) { d->params.distance_source = static_cast<DistanceSource>(2); }));
  CHECK(refused([](TaskData* d) { d->params.embedding_operator = 1; }));
  CHECK(refused([](TaskData* d) { d->params.reserved = 1; }));
  CHECK(refused([](TaskData* d) { d->params.threshold = -1; }));
  CHECK(refused([](TaskData* d) { d->params.hysteresis = -1; }));
  CHECK(refused([](TaskData* d) { d->params.hysteresis = (5 << 16) + 1; }));
  CHECK(refused([](TaskData* d) { d->params.raise_windows = 0; }));
  CHECK(refused([](TaskData* d) { d->params.clear_windows = 0; }));
  CHECK(refused([](TaskData* d) { d->params.baseline_score = -1; }));
  CHECK(refused([](TaskData* d) { d->params.baseline_shift = 25; }));
}

TensorView Tensor(size_t n) {
  return {TensorType::kInt8, 2, {1, static_cast<int32_t>(n), 1, 1}, 0.0625f, 0, n, nullptr};
}

TEST_CASE("a combined score is the error and the distance by their gains") {
  AnomalyView view;
  TaskData data;
  data.params.weight_bits = 16;  // weights of 2^8 are 1/256: a scale of 1/16, as the tensors have
  REQUIRE(Open(data, kBytes, &view) == Status::kOk);
  AnomalyScorer scorer;
  REQUIRE(scorer.Configure(view, Tensor(12), Tensor(12), Tensor(1)) == Status::kOk);
  const std::vector<int8_t> input(12, 20);
  const std::vector<int8_t> output(12, -12);
  const AnomalyScore score = scorer.Score(input.data(), output.data(), nullptr);
  CHECK(score.reconstruction == 4 << 16);  // (32 / 16)^2
  CHECK(score.distance == 1 << 12);        // (4 / 16)^2 from the second one
  CHECK(score.nearest == 1);
  CHECK(score.score == (4 << 16) + (1 << 11));
}

TEST_CASE("a distance may be that of the embedding") {
  AnomalyView view;
  TaskData data;
  data.params.kind = ScoreKind::kDistance;
  data.params.distance_source = DistanceSource::kEmbedding;
  data.params.embedding_operator = 3;
  data.params.distance_gain = 1 << 16;
  data.params.weight_bits = 8;
  REQUIRE(Open(data, kBytes, &view) == Status::kOk);
  AnomalyScorer scorer;
  CHECK(scorer.Configure(view, Tensor(12), Tensor(1), Tensor(11)) == Status::kModelMismatch);
  REQUIRE(scorer.Configure(view, Tensor(12), Tensor(1), Tensor(12)) == Status::kOk);
  const std::vector<int8_t> embedding(12, 3);
  const AnomalyScore score = scorer.Score(nullptr, nullptr, embedding.data());
  CHECK(score.score == 9 << 16);
  CHECK(score.reconstruction == 0);
}

TEST_CASE("a model of another input or output is refused") {
  AnomalyView view;
  REQUIRE(Open(TaskData(), kBytes, &view) == Status::kOk);
  AnomalyScorer scorer;
  CHECK(scorer.Configure(view, Tensor(13), Tensor(13), Tensor(1)) == Status::kModelMismatch);
  CHECK(scorer.Configure(view, Tensor(12), Tensor(11), Tensor(1)) == Status::kModelMismatch);
}

}  // namespace
}  // namespace tinyhost
