// MUL of two int8 tensors, broadcast.

#include "broadcast.h"
#include "fixed_point.h"
#include "requantize.h"

namespace tinyhost {

namespace {

TINYHOST_COLD Status Check(const OperatorView& op, uint64_t* work) {
  const MulParams* params = op.params<MulParams>();
  if (!ValidBroadcast(op) || params->multiplier < 0 || !ShiftInRange(params->shift) ||
      params->activation_min > params->activation_max) {
    return Status::kImageParameter;
  }
  *work += ElementCount(*op.output);
  return Status::kOk;
}

/// Small rather than fast, because the fast kernels leave few models to it.
TINYHOST_COLD void RunRow(const OperatorView& op, const int8_t* a, const int8_t* b, int32_t n, int8_t* output) {
  const MulParams p = *op.params<MulParams>();
  for (; n > 0; --n, ++a, ++b) {
    const int32_t product = (*a - op.inputs[0]->zero_point) * (*b - op.inputs[1]->zero_point);
    const int32_t scaled = Rescaled(product, p.multiplier, p.shift);
    *output++ =
        static_cast<int8_t>(Clamp(WrappingAdd(scaled, op.output->zero_point), p.activation_min, p.activation_max));
  }
}

constexpr RowsKernel kRows{RunRow};

void Run(const OperatorView& op) { ForEachRow(op, kRows); }

}  // namespace

const Kernel kMulKernel{OperatorCode::kMul, 2, sizeof(MulParams), Check, Run};

}  // namespace tinyhost
