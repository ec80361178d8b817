#include "device/classification.h"

#include <algorithm>

namespace tinyhost {

Status Classification::CheckOutput(const Engine& engine) {
  const TensorView output = engine.output();
  const bool is_heat_map = output.rank == 4 && output.dims[1] * output.dims[2] != 1;
  const bool fits = output.type == TensorType::kInt8 && output.n_bytes >= 1 && output.n_bytes <= kMaxScores;
  return fits && !is_heat_map ? Status::kOk : Status::kModelMismatch;
}

void Classification::Start(const Engine& engine, SettingTable* settings) {
  has_past_ = false;
  // An exponential average with alpha = 2 / (n + 1) is as slow as a plain average over n results.
  const int32_t n_results = engine.metadata().smoothing;
  settings->SetDefault(Setting::kSmoothing, 256 * (n_results - 1) / (n_results + 1));
  settings->SetDefault(Setting::kThreshold, engine.metadata().threshold);
}

void Classification::Conclude(const Engine& engine, const SettingTable& settings, Result* result) {
  const TensorView output = engine.output();
  const auto* scores = static_cast<const int8_t*>(output.data);
  const int32_t past_weight = has_past_ ? settings.Get(Setting::kSmoothing) : 0;
  size_t top = 0;
  for (size_t i = 0; i < output.n_bytes; ++i) {
    const int32_t score = scores[i] * (1 << kFractionBits);
    smoothed_[i] = (past_weight * smoothed_[i] + (256 - past_weight) * score) / 256;
    if (smoothed_[i] > smoothed_[top]) top = i;
    result->scores[i] = scores[i];
    constexpr int32_t kHalf = 1 << (kFractionBits - 1);
    result->smoothed[i] = static_cast<int8_t>((smoothed_[i] + kHalf) >> kFractionBits);
  }
  has_past_ = true;
  result->margin = MarginOf(scores, output.n_bytes);
  result->prediction.n_classes = static_cast<uint8_t>(output.n_bytes);
  result->prediction.top = static_cast<uint8_t>(top);
  result->prediction.detected = result->smoothed[top] >= settings.Get(Setting::kThreshold) ? 1 : 0;
}

int32_t Classification::MarginOf(const int8_t* scores, size_t n_scores) {
  if (n_scores < 2) return INT32_MAX;
  int32_t best = INT8_MIN, second = INT8_MIN;
  for (size_t i = 0; i < n_scores; ++i) {
    second = std::max<int32_t>(second, std::min<int32_t>(best, scores[i]));
    best = std::max<int32_t>(best, scores[i]);
  }
  return best - second;
}

void Classification::Describe(const Engine& engine, const Result& result, Text* text) {
  DescribeClass(engine, result.prediction.top, result.smoothed[result.prediction.top], text);
}

void Classification::DescribeClass(const Engine& engine, size_t index, int8_t score, Text* text) {
  const TensorView output = engine.output();
  const int32_t percent =
      static_cast<int32_t>(static_cast<float>(score - output.zero_point) * output.scale * 100.0f + 0.5f);
  const char* label = engine.label(index);
  if (label[0] == 0) *text << "class " << static_cast<uint32_t>(index);
  *text << label << " " << percent << "%";
}

}  // namespace tinyhost
