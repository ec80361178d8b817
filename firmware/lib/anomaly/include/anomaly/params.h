#pragma once

#include <cstddef>
#include <cstdint>

#include "core/bytes.h"
#include "core/status.h"
#include "engine/image_format.h"
#include "motion/features.h"

namespace tinyhost {

constexpr int kMaxWeightBits = 40;

/// The task data of an anomaly model, in place: AnomalyParams and the arrays behind it.
struct AnomalyView {
  const AnomalyParams* params;
  MotionConfig motion;
  const int32_t* multipliers;
  const int16_t* offsets;
  const uint16_t* weights;
  const int8_t* centroids;

  size_t n_features() const { return MotionFeatureCount(motion); }
  FeatureScaling scaling(size_t feature) const { return {offsets[feature], multipliers[feature]}; }
  bool uses_reconstruction() const { return params->kind != ScoreKind::kDistance; }
  bool uses_distance() const { return params->kind != ScoreKind::kReconstruction; }
  bool uses_embedding() const { return uses_distance() && params->distance_source == DistanceSource::kEmbedding; }
};

/// Checks everything that a model image says about its features, its score and its alarm. `task_data` is aligned as in
/// the image, and must outlive the view.
///
/// Returns kImageParameter if it is shorter or longer than its counts say or a value is out of its range, kNoModel if
/// it is empty.
Status OpenAnomalyParams(Bytes task_data, AnomalyView* view);

}  // namespace tinyhost
