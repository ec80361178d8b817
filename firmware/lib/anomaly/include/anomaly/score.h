#pragma once

#include <cstddef>
#include <cstdint>

#include "anomaly/params.h"
#include "core/status.h"
#include "engine/image_view.h"

namespace tinyhost {

/// Scores are Q16 in a model's real units squared, 0..INT32_MAX, saturated. All of this is integer arithmetic, the same
/// on every board and on the host.
constexpr int kScoreFractionBits = 16;

/// The longest input of a model that can be scored.
constexpr size_t kMaxScoreElements = 4096;

/// Converts two int8 tensors of different quantization to one fixed-point unit of 2^-fraction_bits: real = (q -
/// zero_point) * multiplier / 2^fraction_bits. The larger multiplier has 16 bits, so multipliers are within 2^-17 of
/// the scales, relative to the larger one.
struct ReconstructionScale {
  int32_t input_multiplier;
  int32_t output_multiplier;
  int32_t input_zero_point;
  int32_t output_zero_point;
  int fraction_bits;

  /// Returns kModelMismatch unless both are int8 of 1..kMaxScoreElements elements, as many in the input as in the
  /// output, with scales in 2^-15..2^16.
  static Status From(const TensorView& input, const TensorView& output, ReconstructionScale* scale);
};

/// The mean over the elements of (input - output)^2 in real units; it grows with how unusual the input is for an
/// autoencoder. n: 1..kMaxScoreElements.
int32_t ReconstructionError(const int8_t* input, const int8_t* output, size_t n, const ReconstructionScale& scale);

/// Centroids of k-means, as int8 rows in the quantization of the values that are compared with them.
struct Centroids {
  const int8_t* values;     // n * n_dimensions
  const uint16_t* weights;  // per dimension: its scale^2 * 2^weight_bits
  uint16_t n_dimensions;    // 1..kMaxScoreElements
  uint8_t n;                // 1 or more
  uint8_t weight_bits;      // 0..kMaxWeightBits
};

struct CentroidDistance {
  int32_t distance;  // to the nearest one: the mean over the dimensions of (value - centroid)^2 in real units, Q16
  uint8_t nearest;   // the first of the nearest
};

CentroidDistance NearestCentroid(const int8_t* values, const Centroids& centroids);

/// (reconstruction * reconstruction_gain + distance * distance_gain) / 2^16, rounded and saturated: gains are Q16. With
/// gains of 1 / (mean on normal data), each part counts in multiples of its usual value, so neither dominates.
int32_t CombineScores(int32_t reconstruction, int32_t distance, uint32_t reconstruction_gain, uint32_t distance_gain);

/// One window's score and its parts; parts that the score's kind does not use are 0.
struct AnomalyScore {
  int32_t score;
  int32_t reconstruction;
  int32_t distance;
  uint8_t nearest;
};

/// Scores a model's windows as its AnomalyParams say.
class AnomalyScorer {
 public:
  /// Keeps a reference to `view` and the image behind it. Returns kModelMismatch if the tensors are not those that the
  /// parameters describe. `embedding` is the output of operator params.embedding_operator; it is ignored if there is
  /// none.
  Status Configure(const AnomalyView& view, const TensorView& input, const TensorView& output,
                   const TensorView& embedding);

  /// `input` is from before the run, `output` and `embedding` from after it; unused ones may be null.
  AnomalyScore Score(const int8_t* input, const int8_t* output, const int8_t* embedding) const;

 private:
  AnomalyView view_{};
  ReconstructionScale scale_{};
};

}  // namespace tinyhost
