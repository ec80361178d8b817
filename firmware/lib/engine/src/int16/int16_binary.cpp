// INT16_BINARY: a function of two tensors, broadcast.

#include "../kernels/broadcast.h"
#include "../kernels/fixed_point.h"
#include "../kernels/requantize.h"
#include "kernels.h"

namespace tinyhost {

namespace {

constexpr int kSumLeftShift = 15;  // headroom that TFLM gives the sum of two 16-bit values

TINYHOST_COLD bool Broadcasts(const TensorView& input, const Shape4& out) {
  const Shape4 in = ExtendShape(input);
  for (int d = 0; d < 4; ++d) {
    if (in.dims[d] != 1 && in.dims[d] != out.dims[d]) return false;
  }
  return true;
}

TINYHOST_COLD Status Check(const OperatorView& op, uint64_t* work) {
  const Int16BinaryParams& p = *op.params<Int16BinaryParams>();
  const Shape4 out = ExtendShape(op.output);
  const TensorType second = p.function == BinaryFunction::kPrelu ? TensorType::kInt8 : TensorType::kInt16;
  if (!IsInt16(op.inputs[0]) || op.inputs[1].type != second || !IsInt16(op.output) || !Broadcasts(op.inputs[0], out) ||
      !Broadcasts(op.inputs[1], out) || p.function > BinaryFunction::kPrelu || p.function == BinaryFunction::kDiv ||
      p.activation_min > p.activation_max || p.output_multiplier < 0 || !ShiftInRange(p.output_shift)) {
    return Status::kImageParameter;
  }
  for (int i = 0; i < 2; ++i) {
    if (p.input_multiplier[i] < 0 || !ShiftInRange(p.input_shift[i])) return Status::kImageParameter;
  }
  *work += 2 * ElementCount(op.output);
  return Status::kOk;
}

int32_t ScaledInput(const Int16BinaryParams& p, int i, int32_t value) {
  return MultiplyByQuantizedMultiplier(value, p.input_multiplier[i], p.input_shift[i]);
}

int32_t ScaledOutput(const Int16BinaryParams& p, int32_t value) {
  return MultiplyByQuantizedMultiplier(value, p.output_multiplier, p.output_shift);
}

int32_t Apply(const Int16BinaryParams& p, int32_t a, int32_t b) {
  constexpr int32_t kHeadroom = 1 << kSumLeftShift;
  switch (p.function) {
    case BinaryFunction::kAdd:
      return ScaledOutput(p, WrappingAdd(ScaledInput(p, 0, a * kHeadroom), ScaledInput(p, 1, b * kHeadroom)));
    case BinaryFunction::kSub:
      return ScaledOutput(p, WrappingSubtract(ScaledInput(p, 0, a * kHeadroom), ScaledInput(p, 1, b * kHeadroom)));
    case BinaryFunction::kSquaredDifference: {
      const auto difference = static_cast<uint32_t>(WrappingSubtract(ScaledInput(p, 0, a), ScaledInput(p, 1, b)));
      return ScaledOutput(p, static_cast<int32_t>(difference * difference));
    }
    case BinaryFunction::kMaximum:
      return a > b ? a : b;
    case BinaryFunction::kMinimum:
      return a < b ? a : b;
    case BinaryFunction::kPrelu:
      return a >= 0 ? ScaledInput(p, 0, a) : ScaledInput(p, 1, a * b);
    case BinaryFunction::kMul:
    case BinaryFunction::kDiv:
      break;
  }
  return ScaledOutput(p, a * b);
}

template <typename Second>
void RunOn(const OperatorView& op) {
  const Int16BinaryParams p = *op.params<Int16BinaryParams>();
  const Shape4 out = ExtendShape(op.output);
  const Shape4 sa = BroadcastStrides(op.inputs[0]), sb = BroadcastStrides(op.inputs[1]);
  int16_t* output = op.output_data<int16_t>();
  for (int32_t i = 0; i < out.dims[0]; ++i) {
    for (int32_t j = 0; j < out.dims[1]; ++j) {
      for (int32_t k = 0; k < out.dims[2]; ++k) {
        const int16_t* a = op.input_data<int16_t>(0) + i * sa.dims[0] + j * sa.dims[1] + k * sa.dims[2];
        const Second* b = op.input_data<Second>(1) + i * sb.dims[0] + j * sb.dims[1] + k * sb.dims[2];
        for (int32_t n = out.dims[3]; n > 0; --n, a += sa.dims[3], b += sb.dims[3]) {
          *output++ = static_cast<int16_t>(Clamp(Apply(p, *a, *b), p.activation_min, p.activation_max));
        }
      }
    }
  }
}

void Run(const OperatorView& op) {
  const bool is_prelu = op.params<Int16BinaryParams>()->function == BinaryFunction::kPrelu;
  (is_prelu ? RunOn<int8_t> : RunOn<int16_t>)(op);
}

}  // namespace

const Kernel kInt16BinaryKernel{OperatorCode::kInt16Binary, 2, sizeof(Int16BinaryParams), Check, Run};

}  // namespace tinyhost
