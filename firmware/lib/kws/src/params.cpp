#include "kws/params.h"

#include <cstring>

namespace tinyhost {
namespace {

bool IsWithinBounds(const KwsParams& params) {
  const size_t n_features = InputFeatures(params);
  return n_features >= 1 && n_features <= kMaxKwsFeatures && params.average_ms <= kMaxAverageMs &&
         params.suppression_ms <= kMaxSuppressionMs && params.min_results >= 1 &&
         params.min_results <= kMaxMinResults && params.period_ms <= kMaxPeriodMs;
}

}  // namespace

Status ReadKwsParams(const Engine& engine, KwsParams* params, Bytes* wake) {
  const Bytes task_data = engine.task_data();
  const TensorView input = engine.input();
  const TensorView output = engine.output();
  KwsParams read = kMicroSpeechKwsParams;
  if (task_data.size != 0) {
    if (task_data.size < sizeof(read)) return Status::kImageMetadata;
    std::memcpy(&read, task_data.data, sizeof(read));
    *wake = {task_data.data + sizeof(read), task_data.size - sizeof(read)};
    if (!IsWithinBounds(read)) return Status::kImageMetadata;
  }
  const bool fits = input.type == TensorType::kInt8 && output.type == TensorType::kInt8 &&
                    input.n_bytes == InputFeatures(read) && output.n_bytes > read.n_silent_labels;
  if (!fits) return Status::kModelMismatch;
  *params = read;
  return Status::kOk;
}

}  // namespace tinyhost
