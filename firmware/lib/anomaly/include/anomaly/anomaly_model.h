#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "anomaly/params.h"
#include "anomaly/score.h"
#include "core/status.h"
#include "engine/engine.h"

namespace tinyhost {

/// A model in the engine that runs as an anomaly detector, and the score of each run.
///
/// Task data say how a model's input is made of samples and how it is scored. For an autoencoder without task data the
/// score is its reconstruction error; its input cannot be made from samples.
class AnomalyModel {
 public:
  /// Returns kModelMismatch for a model of another task, or if its tensors are not those that its task data describe.
  Status Configure(const Engine& engine);

  /// Whether the model has task data, which view() then shows.
  bool has_task_data() const { return has_task_data_; }
  const AnomalyView& view() const { return view_; }

  /// Call it before a run, with the input in place, which the run overwrites. Returns the operator after which Watch()
  /// must be called, or engine.n_operators() for none.
  size_t Begin(const Engine& engine);
  /// Keeps the embedding, which later operators overwrite.
  void Watch(const Engine& engine);
  /// The score after a run.
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
