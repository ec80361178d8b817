// MUL of two int8 tensors, four elements at a time: 8.5 instructions per element, 7.3 where one input has a single
// value for a row. Scales that the short form of requantization does not take are left to the portable kernel.

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

/// From twice a product, so that what scales it needs no doubling, to the output: half is rounded away from zero, less
/// 1 where it is negative. In these lambdas are numbers alone: GCC 12 keeps a copied object's in memory.
TINYHOST_INLINE int32_t Scaled(uint32_t product, int32_t multiplier, int32_t constant, int32_t shift) {
  const int32_t twice = static_cast<int32_t>(product);
  return SaturateToByte(WrappingAdd(MultiplyHighAdd(twice, multiplier, constant), twice >> 31) >> shift);
}

/// The output's zero point and half, before the shift.
int32_t Constant(const OperatorView& op, int32_t shift) {
  return op.output.zero_point * (1 << shift) + (1 << (shift - 1));
}

TINYHOST_HOT void RunBoth(const OperatorView& op, const Rows& rows) {
  const int32_t multiplier = op.params<MulParams>()->multiplier, shift = -op.params<MulParams>()->shift;
  const int32_t constant = Constant(op, shift);
  const uint32_t minus_first = Negated(op.inputs[0].zero_point), minus_second = Negated(op.inputs[1].zero_point);
  ForEachFour(
      rows,
      [=](uint32_t first, uint32_t second, int8_t*& output) {
        const uint32_t x = AddEvenBytes(minus_first, first), y = TwiceHalves(AddEvenBytes(minus_second, second));
        const uint32_t third = MultiplyHighHigh(x, y);
        StoreNext(output, Scaled(MultiplyLowLow(x, y), multiplier, constant, shift));
        NotBefore(first, second);  // or registers do not suffice
        first = AddOddBytes(minus_first, first);
        second = TwiceHalves(AddOddBytes(minus_second, second));
        const uint32_t last = MultiplyHighHigh(first, second);
        StoreNext(output, Scaled(MultiplyLowLow(first, second), multiplier, constant, shift));
        StoreNext(output, Scaled(third, multiplier, constant, shift));
        StoreNext(output, Scaled(last, multiplier, constant, shift));
      },
      [=](int32_t first, int32_t second) {
        const uint32_t x = AddEvenBytes(minus_first, static_cast<uint32_t>(first));
        const uint32_t y = TwiceHalves(AddEvenBytes(minus_second, static_cast<uint32_t>(second)));
        return Scaled(MultiplyLowLow(x, y), multiplier, constant, shift);
      });
}

TINYHOST_HOT void RunOnes(const OperatorView& op, const Rows& rows) {
  const int32_t multiplier = op.params<MulParams>()->multiplier, shift = -op.params<MulParams>()->shift;
  const int32_t constant = Constant(op, shift), minus_one = -2 * op.inputs[rows.ones].zero_point;
  const uint32_t minus = Negated(op.inputs[1 - rows.ones].zero_point);
  ForEachFourOfOnes(
      rows, [=](int32_t one) { return static_cast<uint32_t>(minus_one + 2 * one); },
      [=](uint32_t word, uint32_t one, int8_t*& output) {
        const uint32_t even = AddEvenBytes(minus, word), odd = AddOddBytes(minus, word);
        StoreNext(output, Scaled(MultiplyLowLow(even, one), multiplier, constant, shift));
        StoreNext(output, Scaled(MultiplyLowLow(odd, one), multiplier, constant, shift));
        StoreNext(output, Scaled(MultiplyHighLow(even, one), multiplier, constant, shift));
        StoreNext(output, Scaled(MultiplyHighLow(odd, one), multiplier, constant, shift));
      },
      [=](int32_t other, uint32_t one) {
        const uint32_t x = AddEvenBytes(minus, static_cast<uint32_t>(other));
        return Scaled(MultiplyLowLow(x, one), multiplier, constant, shift);
      });
}

void RunRows(const OperatorView& op, const Rows& rows) { rows.ones < 0 ? RunBoth(op, rows) : RunOnes(op, rows); }

constexpr RowsKernel kRows{nullptr, RunRows, 4};

void Run(const OperatorView& op) {
  const MulParams& p = *op.params<MulParams>();
  if (!Fits(p)) return kMulKernel.run(op);
  ForEachRow(op, kRows);
  ClampOutput(op, p.activation_min, p.activation_max);
}

/// The portable one's.
Status Check(const OperatorView& op, uint64_t* work) { return kMulKernel.check(op, work); }

}  // namespace

const Kernel kMul{OperatorCode::kMul, 2, sizeof(MulParams), Check, Run};

}  // namespace tinyhost::simd
