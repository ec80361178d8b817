// INT16_BINARY: a function of two tensors, broadcast.

#include "../kernels/broadcast.h"
#include "../kernels/fixed_point.h"
#include "../kernels/requantize.h"
#include "kernels.h"

namespace tinyhost {

namespace {

constexpr int kSumLeftShift = 15;  // headroom that TFLM gives the sum of two 16-bit values

TINYHOST_COLD Status Check(const OperatorView& op, uint64_t* work) {
  const Int16BinaryParams& p = *op.params<Int16BinaryParams>();
  const TensorType second = p.function == BinaryFunction::kPrelu ? TensorType::kInt8 : TensorType::kInt16;
  if (!IsInt16(*op.inputs[0]) || op.inputs[1]->type != second || !IsInt16(*op.output) || !BothBroadcast(op) ||
      p.function > BinaryFunction::kPrelu || p.function == BinaryFunction::kDiv ||
      p.activation_min > p.activation_max || p.output_multiplier < 0 || !ShiftInRange(p.output_shift)) {
    return Status::kImageParameter;
  }
  for (int i = 0; i < 2; ++i) {
    if (p.input_multiplier[i] < 0 || !ShiftInRange(p.input_shift[i])) return Status::kImageParameter;
  }
  *work += 2 * ElementCount(*op.output);
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
    case BinaryFunction::kFloorMod:
    case BinaryFunction::kFloorDiv:
      break;
  }
  return ScaledOutput(p, a * b);
}

struct Int16Binary {
  using Params = Int16BinaryParams;
  static int16_t Value(const Params& p, int32_t a, int32_t b) {
    return static_cast<int16_t>(Clamp(Apply(p, a, b), p.activation_min, p.activation_max));
  }
};

void Run(const OperatorView& op) {
  const bool is_prelu = op.params<Int16BinaryParams>()->function == BinaryFunction::kPrelu;
  (is_prelu ? RunBroadcast<Int16Binary, int16_t, int8_t> : RunBroadcast<Int16Binary, int16_t, int16_t>)(op);
}

}  // namespace

const Kernel kInt16BinaryKernel{OperatorCode::kInt16Binary, 2, sizeof(Int16BinaryParams), Check, Run};

}  // namespace tinyhost
