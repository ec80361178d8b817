// FLOAT_BINARY: a function of two tensors, broadcast.

#include "../kernels/broadcast.h"
#include "kernels.h"

namespace tinyhost {

namespace {

TINYHOST_COLD Status Check(const OperatorView& op, uint64_t* work) {
  const Shape4 out = ExtendShape(op.output);
  for (int i = 0; i < 2; ++i) {
    const Shape4 in = ExtendShape(op.inputs[i]);
    if (!IsFloat(op.inputs[i])) return Status::kImageParameter;
    for (int d = 0; d < 4; ++d) {
      if (in.dims[d] != 1 && in.dims[d] != out.dims[d]) return Status::kImageParameter;
    }
  }
  if (!IsFloat(op.output) || op.params<FloatBinaryParams>()->function > BinaryFunction::kPrelu) {
    return Status::kImageParameter;
  }
  *work += 2 * ElementCount(op.output);
  return Status::kOk;
}

float Apply(BinaryFunction function, float a, float b) {
  switch (function) {
    case BinaryFunction::kAdd:
      return a + b;
    case BinaryFunction::kSub:
      return a - b;
    case BinaryFunction::kMul:
      return a * b;
    case BinaryFunction::kDiv:
      return a / b;
    case BinaryFunction::kMaximum:
      return a > b ? a : b;
    case BinaryFunction::kMinimum:
      return a < b ? a : b;
    case BinaryFunction::kSquaredDifference:
      return (a - b) * (a - b);
    case BinaryFunction::kPrelu:
      return a >= 0 ? a : a * b;
  }
  return 0;
}

void Run(const OperatorView& op) {
  const FloatBinaryParams p = *op.params<FloatBinaryParams>();
  const Shape4 out = ExtendShape(op.output);
  const Shape4 sa = BroadcastStrides(op.inputs[0]), sb = BroadcastStrides(op.inputs[1]);
  float* output = op.output_data<float>();
  for (int32_t i = 0; i < out.dims[0]; ++i) {
    for (int32_t j = 0; j < out.dims[1]; ++j) {
      for (int32_t k = 0; k < out.dims[2]; ++k) {
        const float* a = op.input_data<float>(0) + i * sa.dims[0] + j * sa.dims[1] + k * sa.dims[2];
        const float* b = op.input_data<float>(1) + i * sb.dims[0] + j * sb.dims[1] + k * sb.dims[2];
        for (int32_t n = out.dims[3]; n > 0; --n, a += sa.dims[3], b += sb.dims[3]) {
          *output++ = ClampFloat(Apply(p.function, *a, *b), p.activation_min, p.activation_max);
        }
      }
    }
  }
}

}  // namespace

const Kernel kFloatBinaryKernel{OperatorCode::kFloatBinary, 2, sizeof(FloatBinaryParams), Check, Run};

}  // namespace tinyhost
