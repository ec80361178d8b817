// DIV of two int8 tensors, broadcast: a times the reciprocal of b.

#include "broadcast.h"
#include "core/portable.h"
#include "fixed_point.h"
#include "requantize.h"

namespace tinyhost {

namespace {

constexpr int kMaxShift = 22;  // quotients have at least 23 bits of headroom to shift back

TINYHOST_COLD Status Check(const OperatorView& op, uint64_t* work) {
  const MulParams& params = *op.params<MulParams>();
  if (!ValidBroadcast(op) || params.multiplier < 0 || !ShiftInRange(params.shift) || params.shift > kMaxShift ||
      params.activation_min > params.activation_max) {
    return Status::kImageParameter;
  }
  *work += 8 * ElementCount(*op.output);
  return Status::kOk;
}

/// a / b, times a Q31 multiplier and a power of two. A divisor of 0 counts as 1, the smallest possible one.
TINYHOST_COLD int32_t Quotient(int32_t a, int32_t b, const MulParams& p) {
  if (b == 0) b = 1;
  if (b < 0) a = -a, b = -b;
  const int leading_zeros = CountLeadingZeros(static_cast<uint32_t>(b));
  const int32_t fraction = static_cast<int32_t>((static_cast<uint32_t>(b) << leading_zeros) - 0x80000000u);
  const int headroom = a == 0 ? 31 : CountRedundantSignBits(a);
  const int32_t quotient = RoundingDoublingHighMul(WrappingShiftLeft(a, headroom), OneOverOnePlus(fraction));
  const int exponent = (31 - leading_zeros) + headroom - p.shift;
  return exponent > 31 ? 0 : RoundingDivideByPowerOfTwo(RoundingDoublingHighMul(quotient, p.multiplier), exponent);
}

void RunRow(const OperatorView& op, const int8_t* a, const int8_t* b, int32_t n, int8_t* output) {
  const MulParams p = *op.params<MulParams>();
  for (; n > 0; --n, ++a, ++b) {
    const int32_t scaled = Quotient(*a - op.inputs[0]->zero_point, *b - op.inputs[1]->zero_point, p);
    *output++ =
        static_cast<int8_t>(Clamp(WrappingAdd(scaled, op.output->zero_point), p.activation_min, p.activation_max));
  }
}

constexpr RowsKernel kRows{RunRow};

void Run(const OperatorView& op) { ForEachRow(op, kRows); }

}  // namespace

const Kernel kDivKernel{OperatorCode::kDiv, 2, sizeof(MulParams), Check, Run};

}  // namespace tinyhost
