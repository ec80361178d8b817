// ADD and SUB of two int8 tensors, broadcast.

#include "add.h"

#include "broadcast.h"
#include "fixed_point.h"

namespace tinyhost {

namespace {

bool RightShiftInRange(int shift) { return shift >= -31 && shift <= 0; }

}  // namespace

TINYHOST_COLD Status CheckAdd(const OperatorView& op, uint64_t* work) {
  const AddParams* params = op.params<AddParams>();
  if (!ValidBroadcast(op) || params->input_multiplier[0] < 0 || params->input_multiplier[1] < 0 ||
      params->output_multiplier < 0 || !RightShiftInRange(params->input_shift[0]) ||
      !RightShiftInRange(params->input_shift[1]) || !RightShiftInRange(params->output_shift) ||
      params->linear_shift > 31 || params->table_input > 4 ||
      (params->table_input != 0 && !op.image->Constants<int32_t>(params->table_offset, 256)) ||
      params->activation_min > params->activation_max) {
    return Status::kImageParameter;
  }
  *work += ElementCount(*op.output);
  return Status::kOk;
}

namespace {

int32_t Scaled(const OperatorView& op, const AddParams& p, int i, int32_t value) {
  const int32_t shifted = (value - op.inputs[i]->zero_point) * (1 << kAddLeftShift);
  return Rescaled(shifted, p.input_multiplier[i], p.input_shift[i]);
}

/// Small rather than fast, because the fast kernels leave few models to it.
TINYHOST_COLD void RunRow(const OperatorView& op, const int8_t* a, const int8_t* b, int32_t n, int8_t* output) {
  const AddParams& p = *op.params<AddParams>();
  const int32_t sign = op.record->code == OperatorCode::kSub ? -1 : 1;
  for (; n > 0; --n, ++a, ++b) {
    const int32_t sum = WrappingAdd(Scaled(op, p, 0, *a), sign * Scaled(op, p, 1, *b));
    const int32_t scaled = Rescaled(sum, p.output_multiplier, p.output_shift);
    *output++ =
        static_cast<int8_t>(Clamp(WrappingAdd(scaled, op.output->zero_point), p.activation_min, p.activation_max));
  }
}

constexpr RowsKernel kRows{RunRow};

void Run(const OperatorView& op) { ForEachRow(op, kRows); }

}  // namespace

const Kernel kAddKernel{OperatorCode::kAdd, 2, sizeof(AddParams), CheckAdd, Run};
const Kernel kSubKernel{OperatorCode::kSub, 2, sizeof(AddParams), CheckAdd, Run};

}  // namespace tinyhost
