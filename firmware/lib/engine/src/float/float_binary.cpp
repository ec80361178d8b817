// FLOAT_BINARY: a function of two tensors, broadcast.

#include <cmath>

#include "../kernels/broadcast.h"
#include "kernels.h"

namespace tinyhost {

namespace {

TINYHOST_COLD Status Check(const OperatorView& op, uint64_t* work) {
  if (!IsFloat(*op.inputs[0]) || !IsFloat(*op.inputs[1]) || !IsFloat(*op.output) || !BothBroadcast(op) ||
      op.params<FloatBinaryParams>()->function > BinaryFunction::kFloorDiv) {
    return Status::kImageParameter;
  }
  *work += 2 * ElementCount(*op.output);
  return Status::kOk;
}

float FloorMod(float a, float b) {
  const float rest = std::fmod(a, b);
  return rest != 0 && (b < 0) != (rest < 0) ? rest + b : rest;
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
    case BinaryFunction::kFloorMod:
      return FloorMod(a, b);
    case BinaryFunction::kFloorDiv:
      return static_cast<float>(std::floor(static_cast<double>(a) / static_cast<double>(b)));
  }
  return 0;
}

struct FloatBinary {
  using Params = FloatBinaryParams;
  static float Value(const Params& p, float a, float b) {
    return ClampFloat(Apply(p.function, a, b), p.activation_min, p.activation_max);
  }
};

}  // namespace

const Kernel kFloatBinaryKernel{OperatorCode::kFloatBinary, 2, sizeof(FloatBinaryParams), Check,
                                RunBroadcast<FloatBinary, float, float>};

}  // namespace tinyhost
