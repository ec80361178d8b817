#include "anomaly/score.h"

#include <cstring>

namespace tinyhost {

namespace {

constexpr int kMultiplierBits = 16;

/// A positive, normal float as mantissa * 2^exponent with a 24-bit mantissa.
struct Split {
  uint32_t mantissa;
  int exponent;
};

/// False for zero, negative and subnormal numbers, infinity and NaN.
bool SplitFloat(float value, Split* split) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof(bits));
  const uint32_t biased = bits >> 23;
  if (biased == 0 || biased >= 255) return false;
  *split = {(bits & 0x7FFFFF) | 0x800000, static_cast<int>(biased) - 127 - 23};
  return true;
}

/// value * 2^fraction_bits, halves rounded up; 0 if it is too small.
int32_t Scaled(const Split& value, int fraction_bits) {
  const int shift = -(value.exponent + fraction_bits);  // at least 8: multipliers have 16 of 24 bits
  if (shift > 30) return 0;
  return static_cast<int32_t>((value.mantissa + (1u << (shift - 1))) >> shift);
}

/// sum / n as a score, the sum being in units of 2^-fraction_bits; n: 1..kMaxScoreElements.
int32_t MeanScore(uint64_t sum, uint32_t n, int fraction_bits) {
  uint64_t mean = sum / n;
  const int right = fraction_bits - kScoreFractionBits;
  if (right > 0) {
    mean = (mean + (uint64_t{1} << (right - 1))) >> right;
  } else if (mean > static_cast<uint64_t>(INT32_MAX) >> -right) {
    return INT32_MAX;
  } else {
    mean = (mean << -right) + ((sum % n) << -right) / n;
  }
  return mean > INT32_MAX ? INT32_MAX : static_cast<int32_t>(mean);
}

bool IsScorable(const TensorView& tensor) {
  return tensor.type == TensorType::kInt8 && tensor.n_bytes >= 1 && tensor.n_bytes <= kMaxScoreElements;
}

}  // namespace

Status ReconstructionScale::From(const TensorView& input, const TensorView& output, ReconstructionScale* scale) {
  if (!IsScorable(input) || !IsScorable(output) || input.n_bytes != output.n_bytes) return Status::kModelMismatch;
  Split in;
  Split out;
  if (!SplitFloat(input.scale, &in) || !SplitFloat(output.scale, &out)) return Status::kModelMismatch;
  const int largest = (in.exponent > out.exponent ? in.exponent : out.exponent) + 23;  // floor(log2(scale))
  const int fraction_bits = kMultiplierBits - 1 - largest;
  if (fraction_bits < 0 || fraction_bits > 30) return Status::kModelMismatch;
  *scale = {Scaled(in, fraction_bits), Scaled(out, fraction_bits), input.zero_point, output.zero_point, fraction_bits};
  return Status::kOk;
}

int32_t ReconstructionError(const int8_t* input, const int8_t* output, size_t n, const ReconstructionScale& scale) {
  uint64_t sum = 0;  // of at most 2^12 squares below 2^50
  for (size_t i = 0; i < n; ++i) {
    const int32_t error = (input[i] - scale.input_zero_point) * scale.input_multiplier -
                          (output[i] - scale.output_zero_point) * scale.output_multiplier;
    sum += static_cast<uint64_t>(static_cast<int64_t>(error) * error);
  }
  return MeanScore(sum, static_cast<uint32_t>(n), 2 * scale.fraction_bits);
}

CentroidDistance NearestCentroid(const int8_t* values, const Centroids& centroids) {
  uint64_t smallest = UINT64_MAX;
  uint8_t nearest = 0;
  const int8_t* centroid = centroids.values;
  for (uint8_t k = 0; k < centroids.n; ++k, centroid += centroids.n_dimensions) {
    uint64_t sum = 0;  // of at most 2^12 terms below 2^32
    for (size_t i = 0; i < centroids.n_dimensions; ++i) {
      const int32_t difference = values[i] - centroid[i];
      sum += static_cast<uint64_t>(static_cast<uint32_t>(difference * difference)) * centroids.weights[i];
    }
    if (sum < smallest) {
      smallest = sum;
      nearest = k;
    }
  }
  return {MeanScore(smallest, centroids.n_dimensions, centroids.weight_bits), nearest};
}

int32_t CombineScores(int32_t reconstruction, int32_t distance, uint32_t reconstruction_gain, uint32_t distance_gain) {
  // Each product is below 2^63.
  const uint64_t sum =
      static_cast<uint64_t>(reconstruction) * reconstruction_gain + static_cast<uint64_t>(distance) * distance_gain;
  return MeanScore(sum, 1, kScoreFractionBits + 16);
}

Status AnomalyScorer::Configure(const AnomalyView& view, const TensorView& input, const TensorView& output,
                                const TensorView& embedding) {
  if (!IsScorable(input) || input.n_bytes != view.n_features()) return Status::kModelMismatch;
  if (view.uses_embedding() && (!IsScorable(embedding) || embedding.n_bytes != view.params->n_dimensions)) {
    return Status::kModelMismatch;
  }
  if (view.uses_reconstruction()) {
    const Status status = ReconstructionScale::From(input, output, &scale_);
    if (status != Status::kOk) return status;
  }
  view_ = view;
  return Status::kOk;
}

AnomalyScore AnomalyScorer::Score(const int8_t* input, const int8_t* output, const int8_t* embedding) const {
  const AnomalyParams& params = *view_.params;
  AnomalyScore result{};
  if (view_.uses_reconstruction())
    result.reconstruction = ReconstructionError(input, output, view_.n_features(), scale_);
  if (view_.uses_distance()) {
    const Centroids centroids{view_.centroids, view_.weights, params.n_dimensions, params.n_centroids,
                              params.weight_bits};
    const CentroidDistance found = NearestCentroid(view_.uses_embedding() ? embedding : input, centroids);
    result.distance = found.distance;
    result.nearest = found.nearest;
  }
  result.score =
      CombineScores(result.reconstruction, result.distance, params.reconstruction_gain, params.distance_gain);
  return result;
}

}  // namespace tinyhost
