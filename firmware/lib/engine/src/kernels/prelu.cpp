// PRELU of an int8 tensor with slopes that broadcast to it.

#include "broadcast.h"
#include "fixed_point.h"
#include "requantize.h"

namespace tinyhost {

namespace {

TINYHOST_COLD Status Check(const OperatorView& op, uint64_t* work) {
  const PreluParams* params = op.params<PreluParams>();
  if (!ValidBroadcast(op) || params->multiplier < 0 || params->slope_multiplier < 0 || !ShiftInRange(params->shift) ||
      !ShiftInRange(params->slope_shift)) {
    return Status::kImageParameter;
  }
  *work += ElementCount(*op.output);
  return Status::kOk;
}

void RunRow(const OperatorView& op, const int8_t* data, const int8_t* slopes, int32_t n, int8_t* output) {
  const PreluParams p = *op.params<PreluParams>();
  for (; n > 0; --n, ++data, ++slopes) {
    const int32_t x = *data - op.inputs[0]->zero_point;
    const int32_t scaled = x >= 0 ? MultiplyByQuantizedMultiplier(x, p.multiplier, p.shift)
                                  : MultiplyByQuantizedMultiplier(x * (*slopes - op.inputs[1]->zero_point),
                                                                  p.slope_multiplier, p.slope_shift);
    *output++ = static_cast<int8_t>(Clamp(WrappingAdd(scaled, op.output->zero_point), INT8_MIN, INT8_MAX));
  }
}

constexpr RowsKernel kRows{RunRow};

void Run(const OperatorView& op) { ForEachRow(op, kRows); }

}  // namespace

const Kernel kPreluKernel{OperatorCode::kPrelu, 2, sizeof(PreluParams), Check, Run};

}  // namespace tinyhost
