#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "anomaly/params.h"
#include "anomaly/score.h"
#include "core/status.h"
#include "engine/engine.h"

namespace tinyhost {

/// A model in the engine that is run as an anomaly detector, and the score of its run.
///
/// A model with task data says how its input is made of samples and how it is scored. Any autoencoder without task data
/// has its reconstruction error as score; samples cannot be its input.
class AnomalyModel {
 public:
  /// kModelMismatch: of another task, or its tensors are not those that its task data describe.
  Status Configure(const Engine& engine);

  /// Whether the model has task data; then view() is of them.
  bool has_task_data() const { return has_task_data_; }
  const AnomalyView& view() const { return view_; }

  /// Before a run, with the input in place, which the run overwrites. Returns the operator after which Watch() is to be
  /// called, or engine.n_operators() for none.
  size_t Begin(const Engine& engine);
  /// Keeps the embedding, which later operators overwrite.
  void Watch(const Engine& engine);
  /// After a run.
  int32_t Score(const Engine& engine) const;

 private:
  static constexpr size_t kMaxEmbedding = 256;

  Status ConfigureScorer(const Engine& engine);
  size_t EmbeddingOperator(const Engine& engine) const;

  bool has_task_data_ = false;
  AnomalyView view_{};
  AnomalyScorer scorer_;
  ReconstructionScale reconstruction_{};
  std::array<int8_t, kMaxScoreElements> input_{};
  std::array<int8_t, kMaxEmbedding> embedding_{};
};

}  // namespace tinyhost
