// MUL of two int8 tensors, broadcast.

#include "broadcast.h"
#include "fixed_point.h"
#include "requantize.h"

namespace tinyhost {

namespace {

Status Check(const OperatorView& op, uint64_t* work) {
  const MulParams* params = op.params<MulParams>();
  if (!params || !ValidBroadcast(op) || params->multiplier < 0 || !ShiftInRange(params->shift) ||
      params->activation_min > params->activation_max) {
    return Status::kImageParameter;
  }
  *work += ElementCount(op.output);
  return Status::kOk;
}

void Run(const OperatorView& op) {
  const MulParams p = *op.params<MulParams>();
  const int32_t zero_a = op.inputs[0].zero_point;
  const int32_t zero_b = op.inputs[1].zero_point;
  const int32_t zero_output = op.output.zero_point;
  ForEachPair(op, [&](int8_t a, int8_t b) {
    const int32_t product = MultiplyByQuantizedMultiplier((a - zero_a) * (b - zero_b), p.multiplier, p.shift);
    return static_cast<int8_t>(Clamp(WrappingAdd(product, zero_output), p.activation_min, p.activation_max));
  });
}

}  // namespace

const Kernel kMulKernel{OperatorCode::kMul, 2, Check, Run};

}  // namespace tinyhost
