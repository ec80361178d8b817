#include "anomaly/anomaly_model.h"

#include <algorithm>
#include <cstring>

namespace tinyhost {

Status AnomalyModel::Configure(const Engine& engine) {
  has_task_data_ = false;
  const Task task = engine.metadata().task;
  if (task != Task::kAnomaly && task != Task::kGeneric) return Status::kModelMismatch;
  Status status = OpenAnomalyParams(engine.task_data(), &view_);
  if (status == Status::kNoModel) return ReconstructionScale::From(engine.input(), engine.output(), &reconstruction_);
  if (status == Status::kOk) status = ConfigureScorer(engine);
  has_task_data_ = status == Status::kOk;
  return status;
}

Status AnomalyModel::ConfigureScorer(const Engine& engine) {
  TensorView embedding = engine.output();
  if (view_.uses_embedding()) {
    if (view_.params->embedding_operator >= engine.n_operators()) return Status::kModelMismatch;
    embedding = engine.operator_output(view_.params->embedding_operator);
    if (embedding.n_bytes > kMaxEmbedding) return Status::kModelMismatch;
  }
  return scorer_.Configure(view_, engine.input(), engine.output(), embedding);
}

size_t AnomalyModel::EmbeddingOperator(const Engine& engine) const {
  return has_task_data_ && view_.uses_embedding() ? view_.params->embedding_operator : engine.n_operators();
}

size_t AnomalyModel::Begin(const Engine& engine) {
  std::memcpy(input_.data(), engine.input().data, std::min(input_.size(), engine.input().n_bytes));
  return EmbeddingOperator(engine);
}

void AnomalyModel::Watch(const Engine& engine) {
  const TensorView embedding = engine.operator_output(EmbeddingOperator(engine));
  std::memcpy(embedding_.data(), embedding.data, embedding.n_bytes);
}

int32_t AnomalyModel::Score(const Engine& engine) const {
  const auto* output = static_cast<const int8_t*>(engine.output().data);
  if (has_task_data_) return scorer_.Score(input_.data(), output, embedding_.data()).score;
  return ReconstructionError(input_.data(), output, engine.input().n_bytes, reconstruction_);
}

}  // namespace tinyhost
