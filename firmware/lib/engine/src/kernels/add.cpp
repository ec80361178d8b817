// ADD of two int8 tensors, broadcast.

#include "add.h"

#include "broadcast.h"
#include "fixed_point.h"

namespace tinyhost {

namespace {

bool RightShiftInRange(int shift) { return shift >= -31 && shift <= 0; }

}  // namespace

Status CheckAdd(const OperatorView& op, uint64_t* work) {
  const AddParams* params = op.params<AddParams>();
  if (!params || !ValidBroadcast(op) || params->input_multiplier[0] < 0 || params->input_multiplier[1] < 0 ||
      params->output_multiplier < 0 || !RightShiftInRange(params->input_shift[0]) ||
      !RightShiftInRange(params->input_shift[1]) || !RightShiftInRange(params->output_shift) ||
      params->activation_min > params->activation_max) {
    return Status::kImageParameter;
  }
  *work += ElementCount(op.output);
  return Status::kOk;
}

void RunAdd(const OperatorView& op) {
  const AddParams p = *op.params<AddParams>();
  const int32_t zero_a = op.inputs[0].zero_point;
  const int32_t zero_b = op.inputs[1].zero_point;
  const int32_t zero_output = op.output.zero_point;
  ForEachPair(op, [&](int8_t a, int8_t b) {
    const int32_t scaled_a =
        MultiplyByQuantizedMultiplier((a - zero_a) * (1 << kAddLeftShift), p.input_multiplier[0], p.input_shift[0]);
    const int32_t scaled_b =
        MultiplyByQuantizedMultiplier((b - zero_b) * (1 << kAddLeftShift), p.input_multiplier[1], p.input_shift[1]);
    const int32_t sum =
        MultiplyByQuantizedMultiplier(WrappingAdd(scaled_a, scaled_b), p.output_multiplier, p.output_shift);
    return static_cast<int8_t>(Clamp(WrappingAdd(sum, zero_output), p.activation_min, p.activation_max));
  });
}

const Kernel kAddKernel{OperatorCode::kAdd, 2, CheckAdd, RunAdd};

}  // namespace tinyhost
