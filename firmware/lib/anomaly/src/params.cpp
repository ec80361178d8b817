#include "anomaly/params.h"

#include "anomaly/alarm.h"

namespace tinyhost {

namespace {

/// Takes arrays off the front of a range of bytes.
class Arrays {
 public:
  explicit Arrays(Bytes bytes) : bytes_(bytes) {}

  template <typename T>
  const T* Take(size_t count) {
    const size_t n_bytes = count * sizeof(T);
    if (!fits_ || n_bytes > bytes_.size) {
      fits_ = false;
      return nullptr;
    }
    const auto* array = reinterpret_cast<const T*>(bytes_.data);
    bytes_ = {bytes_.data + n_bytes, bytes_.size - n_bytes};
    return array;
  }

  bool took_all() const { return fits_ && bytes_.size == 0; }

 private:
  Bytes bytes_;
  bool fits_ = true;
};

bool IsKind(ScoreKind kind) {
  return kind == ScoreKind::kReconstruction || kind == ScoreKind::kDistance || kind == ScoreKind::kCombined;
}

bool IsSource(DistanceSource source) {
  return source == DistanceSource::kInput || source == DistanceSource::kEmbedding;
}

bool AreWindowsPossible(const AnomalyParams& params) {
  const bool has_units = params.rate_mhz > 0 && params.counts_per_g > 0.0f && params.counts_per_g < 1e9f;
  return has_units && params.hop >= 1 && params.hop <= params.n_fft && params.n_bands <= kMaxBands;
}

bool IsScorePossible(const AnomalyView& view) {
  const AnomalyParams& params = *view.params;
  if (!IsKind(params.kind) || !IsSource(params.distance_source) || params.reserved != 0) return false;
  if (!view.uses_embedding() && params.embedding_operator != 0) return false;
  const bool has_centroids = params.n_centroids > 0 && params.n_dimensions > 0;
  if (has_centroids != view.uses_distance()) return false;
  if (!has_centroids) return params.n_centroids == 0 && params.n_dimensions == 0;
  const bool fits_input = view.uses_embedding() || params.n_dimensions == 3 * (params.n_bands + kMotionStatistics);
  return fits_input && params.n_dimensions <= kMaxMotionFeatures && params.weight_bits <= kMaxWeightBits;
}

bool IsAlarmPossible(const AnomalyParams& params) {
  return params.threshold >= 0 && params.hysteresis >= 0 && params.hysteresis <= params.threshold &&
         params.raise_windows >= 1 && params.clear_windows >= 1 && params.baseline_score >= 0 &&
         params.baseline_shift <= ScoreBaseline::kMaxShift;
}

}  // namespace

Status OpenAnomalyParams(Bytes task_data, AnomalyView* view) {
  if (task_data.size == 0) return Status::kNoModel;
  Arrays arrays(task_data);
  const auto* params = arrays.Take<AnomalyParams>(1);
  if (params == nullptr || !AreWindowsPossible(*params)) return Status::kImageParameter;
  AnomalyView opened{};
  opened.params = params;
  opened.motion.n_fft = params->n_fft;
  opened.motion.n_bands = params->n_bands;
  const size_t n_edges = size_t{params->n_bands} + 1;
  opened.multipliers = arrays.Take<int32_t>(opened.n_features());
  opened.offsets = arrays.Take<int16_t>(opened.n_features());
  const auto* edges = arrays.Take<uint16_t>(n_edges);
  opened.weights = arrays.Take<uint16_t>(params->n_dimensions);
  opened.centroids = arrays.Take<int8_t>(size_t{params->n_centroids} * params->n_dimensions);
  if (!arrays.took_all()) return Status::kImageParameter;
  for (size_t i = 0; i < n_edges; ++i) opened.motion.band_edges[i] = edges[i];
  if (CheckMotionConfig(opened.motion) != Status::kOk) return Status::kImageParameter;
  if (!IsScorePossible(opened) || !IsAlarmPossible(*params)) return Status::kImageParameter;
  *view = opened;
  return Status::kOk;
}

}  // namespace tinyhost
