// CUMSUM of int8 along the middle one of three dimensions, and ADD_N as the last of such sums. As in TFLM, a sum starts
// with the byte 0, which is minus the zero point, and wraps around.

#include "fixed_point.h"
#include "kernel.h"
#include "requantize.h"

namespace tinyhost {

namespace {

constexpr int kLeftShift = 20;

TINYHOST_COLD Status Check(const OperatorView& op, uint64_t* work) {
  const CumsumParams& p = *op.params<CumsumParams>();
  const TensorRecord& input = *op.inputs[0];
  if (!IsInt8(input, 3) || op.output->type != TensorType::kInt8 || p.exclusive > 1 || p.reverse > 1 || p.is_sum > 1 ||
      p.input_multiplier < 0 || p.output_multiplier < 0 || !ShiftInRange(p.input_shift) ||
      !ShiftInRange(p.output_shift) ||
      ElementCount(*op.output) * static_cast<size_t>(p.is_sum ? input.dims[1] : 1) != ElementCount(input)) {
    return Status::kImageParameter;
  }
  *work += 3 * ElementCount(input);
  return Status::kOk;
}

int32_t Scaled(const CumsumParams& p, int32_t x) {
  return MultiplyByQuantizedMultiplier(WrappingShiftLeft(x, kLeftShift), p.input_multiplier, p.input_shift);
}

/// One column of n elements that are `step` apart.
void RunColumn(const OperatorView& op, const int8_t* input, int32_t n, int32_t step, int8_t* output) {
  const CumsumParams& p = *op.params<CumsumParams>();
  const int32_t zero_point = op.inputs[0]->zero_point, output_zero_point = op.output->zero_point;
  int32_t sum = Scaled(p, -zero_point);
  for (int32_t i = 0; i < n; ++i) {
    const int32_t at = (p.reverse ? n - 1 - i : i) * step;
    const int32_t before = sum;
    sum = WrappingAdd(sum, Scaled(p, input[at] - zero_point));
    const int32_t scaled =
        MultiplyByQuantizedMultiplier(p.exclusive ? before : sum, p.output_multiplier, p.output_shift);
    output[p.is_sum ? 0 : at] = static_cast<int8_t>(Clamp(WrappingAdd(scaled, output_zero_point), INT8_MIN, INT8_MAX));
  }
}

TINYHOST_COLD void Run(const OperatorView& op) {
  const int32_t* dims = op.inputs[0]->dims;
  const int32_t output_step = op.params<CumsumParams>()->is_sum ? dims[2] : dims[1] * dims[2];
  const int8_t* input = op.input_data<int8_t>();
  int8_t* output = op.output_data<int8_t>();
  for (int32_t outer = 0; outer < dims[0]; ++outer, input += dims[1] * dims[2], output += output_step) {
    for (int32_t inner = 0; inner < dims[2]; ++inner) RunColumn(op, input + inner, dims[1], dims[2], output + inner);
  }
}

}  // namespace

const Kernel kCumsumKernel{OperatorCode::kCumsum, 1, sizeof(CumsumParams), Check, Run};

}  // namespace tinyhost
