// QUANTIZE: float32 to int8. One division and one rounding per element, so contraction cannot change the result.

#include <cmath>

#include "kernel.h"

namespace tinyhost {

namespace {

TINYHOST_COLD Status Check(const OperatorView& op, uint64_t* work) {
  if (op.inputs[0]->type != TensorType::kFloat32 || op.output->type != TensorType::kInt8 ||
      ElementCount(*op.inputs[0]) != ElementCount(*op.output)) {
    return Status::kImageParameter;
  }
  *work += ElementCount(*op.output);
  return Status::kOk;
}

/// round(x / scale) + zero_point, halves away from zero, saturated; NaN becomes the minimum.
int8_t Quantize(float x, float scale, int32_t zero_point) {
  const float rounded = std::round(x / scale);
  if (!(rounded > static_cast<float>(INT8_MIN - zero_point))) return INT8_MIN;
  if (rounded > static_cast<float>(INT8_MAX - zero_point)) return INT8_MAX;
  return static_cast<int8_t>(static_cast<int32_t>(rounded) + zero_point);
}

void Run(const OperatorView& op) {
  const float* input = op.input_data<float>();
  int8_t* output = op.output_data<int8_t>();
  const size_t n = ElementCount(*op.output);
  for (size_t i = 0; i < n; ++i) output[i] = Quantize(input[i], op.output->scale, op.output->zero_point);
}

}  // namespace

const Kernel kQuantizeKernel{OperatorCode::kQuantize, 1, sizeof(QuantizeParams), Check, Run};

}  // namespace tinyhost
