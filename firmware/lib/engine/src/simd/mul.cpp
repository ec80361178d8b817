// MUL of two int8 tensors, four elements at a time: about 10 instructions per element. Scales that the short form of
// requantization does not take are left to the portable kernel.

#include "../kernels/broadcast.h"
#include "../kernels/fixed_point.h"
#include "clamp.h"
#include "kernels.h"
#include "rows.h"

namespace tinyhost::simd {

namespace {

constexpr int32_t kMaxShift = 22;  // so that a zero point, shifted, fits

bool Fits(const MulParams& p) { return p.multiplier >= 1 << 30 && p.shift < 0 && p.shift >= -kMaxShift; }

/// Minus a zero point, in both half-words.
uint32_t Negated(int32_t zero_point) { return static_cast<uint32_t>(-zero_point & 0xFFFF) * 0x10001u; }

/// Twice the products, so that what scales them needs no doubling; half of it is rounded away from zero, less 1 where
/// it is negative.
TINYHOST_HOT void RunRow(const OperatorView& op, const int8_t* a, const int8_t* b, int32_t n, int8_t* output) {
  const MulParams& p = *op.params<MulParams>();
  const uint32_t minus_first = Negated(op.inputs[0].zero_point);
  const uint32_t minus_second = Negated(op.inputs[1].zero_point);
  const int32_t multiplier = p.multiplier, shift = -p.shift;
  const int32_t constant = op.output.zero_point * (1 << shift) + (1 << (shift - 1));
  const auto result = [=](uint32_t product) {
    const int32_t twice = static_cast<int32_t>(product);
    const int32_t scaled = WrappingAdd(MultiplyHighAdd(twice, multiplier, constant), twice >> 31);
    return static_cast<int8_t>(SaturateToByte(scaled >> shift));
  };
  ForEachFour<2>(
      a, b, n, output,
      [=](uint32_t first, uint32_t second, int8_t* output) {
        const uint32_t first_even = AddEvenBytes(minus_first, first), first_odd = AddOddBytes(minus_first, first);
        const uint32_t second_even = TwiceHalves(AddEvenBytes(minus_second, second));
        const uint32_t second_odd = TwiceHalves(AddOddBytes(minus_second, second));
        output[0] = result(MultiplyLowLow(first_even, second_even));
        output[1] = result(MultiplyLowLow(first_odd, second_odd));
        output[2] = result(MultiplyHighHigh(first_even, second_even));
        output[3] = result(MultiplyHighHigh(first_odd, second_odd));
      },
      [=](int8_t first, int8_t second, int8_t* output) {
        const int32_t x = first + static_cast<int16_t>(minus_first), y = second + static_cast<int16_t>(minus_second);
        *output = result(static_cast<uint32_t>(2 * x * y));
      });
}

void Run(const OperatorView& op) {
  const MulParams& p = *op.params<MulParams>();
  if (!Fits(p)) return kMulKernel.run(op);
  ForEachRow(op, RunRow);
  ClampOutput(op, p.activation_min, p.activation_max);
}

/// The portable one's.
Status Check(const OperatorView& op, uint64_t* work) { return kMulKernel.check(op, work); }

}  // namespace

const Kernel kMul{OperatorCode::kMul, 2, sizeof(MulParams), Check, Run};

}  // namespace tinyhost::simd
