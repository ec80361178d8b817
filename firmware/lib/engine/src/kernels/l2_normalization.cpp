// L2_NORMALIZATION along the last dimension, int8 to int8 of scale 1/128 and zero point 0.

#include "fixed_point.h"
#include "kernel.h"

namespace tinyhost {

namespace {

constexpr int32_t kMaxDepth = 32768;  // squares of 255 add up to less than 2^31
constexpr int kOutputBits = 7;        // the output's scale is 2^-7
constexpr uint64_t kRowSteps = 30;

TINYHOST_COLD Status Check(const OperatorView& op, uint64_t* work) {
  const TensorRecord& input = *op.inputs[0];
  if (input.rank < 1 || input.type != TensorType::kInt8 || op.output->type != TensorType::kInt8 ||
      ElementCount(*op.output) != ElementCount(input) || input.dims[input.rank - 1] > kMaxDepth) {
    return Status::kImageParameter;
  }
  const uint64_t n = ElementCount(input);
  *work += 2 * n + n / static_cast<uint64_t>(input.dims[input.rank - 1]) * kRowSteps;
  return Status::kOk;
}

TINYHOST_COLD void RunRow(const int8_t* input, int32_t depth, int32_t zero_point, int8_t* output) {
  int32_t sum = 0;
  for (int32_t i = 0; i < depth; ++i) sum += (input[i] - zero_point) * (input[i] - zero_point);
  const QuantizedMultiplier inverse = InverseSquareRoot(sum);
  for (int32_t i = 0; i < depth; ++i) {
    const int32_t x = input[i] - zero_point;
    const int32_t scaled = MultiplyByQuantizedMultiplier(x, inverse.multiplier, inverse.shift + kOutputBits);
    output[i] = static_cast<int8_t>(Clamp(scaled, INT8_MIN, INT8_MAX));
  }
}

void Run(const OperatorView& op) {
  const TensorRecord& input = *op.inputs[0];
  const int32_t depth = input.dims[input.rank - 1];
  const int32_t n_rows = static_cast<int32_t>(ElementCount(input)) / depth;
  const int8_t* row = op.input_data<int8_t>();
  int8_t* output = op.output_data<int8_t>();
  for (int32_t i = 0; i < n_rows; ++i, row += depth, output += depth) RunRow(row, depth, input.zero_point, output);
}

}  // namespace

const Kernel kL2NormalizationKernel{OperatorCode::kL2Normalization, 1, sizeof(NoParams), Check, Run};

}  // namespace tinyhost
