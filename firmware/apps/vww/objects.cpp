#include "objects.h"

#include <algorithm>

#include "device/classification.h"

namespace tinyhost {
namespace {

static_assert(BlobList::kCapacity == kMaxObjects, "a prediction carries all blobs");

/// Each class's score is that of its best cell; the top class is the best one but the background.
void TakeBestCells(const HeatMap& map, Result* result) {
  const auto n_classes = static_cast<size_t>(map.classes);
  std::fill_n(result->scores, n_classes, static_cast<int8_t>(INT8_MIN));
  const int8_t* score = map.scores;
  for (int cell = 0; cell < map.rows * map.columns; ++cell) {
    for (size_t i = 0; i < n_classes; ++i, ++score) result->scores[i] = std::max(result->scores[i], *score);
  }
  std::copy_n(result->scores, n_classes, result->smoothed);
  const int8_t* top = std::max_element(result->scores + 1, result->scores + n_classes);
  result->prediction.n_classes = static_cast<uint8_t>(n_classes);
  result->prediction.top = static_cast<uint8_t>(top - result->scores);
}

}  // namespace

Status Objects::CheckOutput(const Engine& engine) {
  const TensorView output = engine.output();
  const bool fits = output.type == TensorType::kInt8 && output.dims[1] <= kMaxHeatMapSide &&
                    output.dims[2] <= kMaxHeatMapSide && output.dims[3] >= 2 &&
                    output.dims[3] <= static_cast<int32_t>(kMaxScores);
  return fits ? Status::kOk : Status::kModelMismatch;
}

void Objects::Conclude(const Engine& engine, const SettingTable& settings, Result* result) {
  const HeatMap map = HeatMapOf(engine.output());
  TakeBestCells(map, result);
  FindBlobs(map, settings.Get(Setting::kThreshold), &blobs_);
  const SeenWindow window = SeenWindowOf(width_, height_, engine.input());
  Prediction* prediction = &result->prediction;
  result->margin = std::abs(result->scores[prediction->top] - settings.Get(Setting::kThreshold));
  for (size_t i = 0; i < blobs_.n; ++i) {
    const Blob& blob = blobs_.blobs[i];
    const BlobPlace place = PlaceOf(blob, map, window);
    objects_[i] = {place.x, place.y, place.width, place.height, blob.score, blob.label, 0};
    if (blob.label == engine.metadata().target_label) prediction->top = blob.label;
  }
  result->objects = objects_.data();
  prediction->n_objects = static_cast<uint8_t>(blobs_.n);
  prediction->n_left_out = static_cast<uint8_t>(std::min<size_t>(blobs_.n_left_out, UINT8_MAX));
  prediction->detected = blobs_.n != 0 ? 1 : 0;
}

void Objects::Describe(const Engine& engine, const Result& result, Text* text) {
  const uint32_t n_objects = result.prediction.n_objects;
  if (n_objects == 0) {
    *text << "no object";
    return;
  }
  const DetectedObject& best = result.objects[0];
  *text << n_objects << (n_objects == 1 ? " object: " : " objects: ");
  Classification::DescribeClass(engine, best.label, best.score, text);
  *text << " at " << uint32_t{best.x} << "," << uint32_t{best.y};
}

}  // namespace tinyhost
