// SQUARED_DIFFERENCE of two int8 tensors, broadcast.

#include "broadcast.h"
#include "fixed_point.h"
#include "requantize.h"

namespace tinyhost {

namespace {

constexpr int kLeftShift = 7;  // headroom that TFLM gives the difference of two 8-bit values

bool RightShiftInRange(int shift) { return shift >= -31 && shift <= 0; }

TINYHOST_COLD Status Check(const OperatorView& op, uint64_t* work) {
  const AddParams& params = *op.params<AddParams>();
  if (!ValidBroadcast(op) || params.input_multiplier[0] < 0 || params.input_multiplier[1] < 0 ||
      params.output_multiplier < 0 || !RightShiftInRange(params.input_shift[0]) ||
      !RightShiftInRange(params.input_shift[1]) || !ShiftInRange(params.output_shift)) {
    return Status::kImageParameter;
  }
  *work += ElementCount(*op.output);
  return Status::kOk;
}

int32_t Scaled(const OperatorView& op, const AddParams& p, int i, int32_t value) {
  const int32_t shifted = (value - op.inputs[i]->zero_point) * (1 << kLeftShift);
  return MultiplyAndShiftRight(shifted, p.input_multiplier[i], -p.input_shift[i]);
}

void RunRow(const OperatorView& op, const int8_t* a, const int8_t* b, int32_t n, int8_t* output) {
  const AddParams p = *op.params<AddParams>();
  for (; n > 0; --n, ++a, ++b) {
    const uint32_t difference = static_cast<uint32_t>(Scaled(op, p, 0, *a) - Scaled(op, p, 1, *b));
    const int32_t square = static_cast<int32_t>(difference * difference);  // a hostile image's may wrap
    const int32_t scaled = MultiplyByQuantizedMultiplier(square, p.output_multiplier, p.output_shift);
    *output++ = static_cast<int8_t>(Clamp(WrappingAdd(scaled, op.output->zero_point), INT8_MIN, INT8_MAX));
  }
}

constexpr RowsKernel kRows{RunRow};

void Run(const OperatorView& op) { ForEachRow(op, kRows); }

}  // namespace

const Kernel kSquaredDifferenceKernel{OperatorCode::kSquaredDifference, 2, sizeof(AddParams), Check, Run};

}  // namespace tinyhost
