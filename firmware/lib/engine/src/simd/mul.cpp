// MUL of two int8 tensors, four elements at a time: 8.5 instructions per element, 7.8 if one input repeats. Scales that
// do not fit the short form of requantization are left to the portable kernel.

#include "../kernels/fixed_point.h"
#include "clamp.h"
#include "kernels.h"
#include "rows.h"

namespace tinyhost::simd {

namespace {

constexpr int32_t kMaxShift = 22;  // a shifted zero point still fits

bool Fits(const MulParams& p) { return p.multiplier >= 1 << 30 && p.shift < 0 && p.shift >= -kMaxShift; }

/// The negated zero point in both half-words.
uint32_t Negated(int32_t zero_point) { return static_cast<uint32_t>(-zero_point & 0xFFFF) * 0x10001u; }

/// Scales a product that was doubled, so that the multiplication needs no doubling. Halves are rounded away from zero:
/// half, minus 1 where it is negative. The lambdas capture only numbers: GCC 12 would keep a copied object's in memory.
TINYHOST_INLINE int32_t Scaled(uint32_t product, int32_t multiplier, int32_t constant, int32_t shift) {
  const int32_t twice = static_cast<int32_t>(product);
  return SaturateToByte(WrappingAdd(MultiplyHighAdd(twice, multiplier, constant), twice >> 31) >> shift);
}

/// The output's zero point plus a half, before the shift.
int32_t Constant(const OperatorView& op, int32_t shift) {
  return op.output->zero_point * (1 << shift) + (1 << (shift - 1));
}

TINYHOST_HOT void RunBoth(const OperatorView& op, const Rows& rows) {
  const int32_t multiplier = op.params<MulParams>()->multiplier, shift = -op.params<MulParams>()->shift;
  const int32_t constant = Constant(op, shift);
  const uint32_t minus_first = Negated(op.inputs[0]->zero_point), minus_second = Negated(op.inputs[1]->zero_point);
  ForEachFour(
      rows,
      [=](uint32_t first, uint32_t second, int8_t*& output) {
        const uint32_t x = AddEvenBytes(minus_first, first), y = TwiceHalves(AddEvenBytes(minus_second, second));
        const uint32_t third = MultiplyHighHigh(x, y);
        StoreNext(output, Scaled(MultiplyLowLow(x, y), multiplier, constant, shift));
        NotBefore(first, second);  // otherwise there are not enough registers
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

/// Calls run(four, one) with functions of bytes and of twice the other input's values minus its zero point.
template <typename Run>
TINYHOST_INLINE void WithMultiplied(const OperatorView& op, int other, Run run) {
  const int32_t multiplier = op.params<MulParams>()->multiplier, shift = -op.params<MulParams>()->shift;
  const int32_t constant = Constant(op, shift);
  const uint32_t minus = Negated(op.inputs[1 - other]->zero_point);
  run(
      [=](uint32_t bytes, auto next, int8_t*& output) {
        const uint32_t even = AddEvenBytes(minus, bytes), odd = AddOddBytes(minus, bytes);
        int32_t a, b;
        next(a, b);
        StoreNext(output, Scaled(MultiplyLowLow(even, static_cast<uint32_t>(a)), multiplier, constant, shift));
        StoreNext(output, Scaled(MultiplyLowLow(odd, static_cast<uint32_t>(b)), multiplier, constant, shift));
        next(a, b);
        StoreNext(output, Scaled(MultiplyHighLow(even, static_cast<uint32_t>(a)), multiplier, constant, shift));
        StoreNext(output, Scaled(MultiplyHighLow(odd, static_cast<uint32_t>(b)), multiplier, constant, shift));
      },
      [=](int32_t byte, int32_t word) {
        const uint32_t x = AddEvenBytes(minus, static_cast<uint32_t>(byte));
        return Scaled(MultiplyLowLow(x, static_cast<uint32_t>(word)), multiplier, constant, shift);
      });
}

TINYHOST_HOT bool MakeWords(const OperatorView& op, int input, const int8_t* from, int32_t n, int32_t* to) {
  const int32_t minus = -2 * op.inputs[input]->zero_point;
  for (const int8_t* const end = from + n; from != end; ++from) *to++ = 2 * *from + minus;
  return true;
}

TINYHOST_HOT void RunWords(const OperatorView& op, int same, const WordRows& rows) {
  WithMultiplied(op, same, [&rows](auto four, auto one) { ForEachFourOfWords(rows, four, one); });
}

template <bool kFew>
TINYHOST_HOT void RunOnesOf(const OperatorView& op, const Rows& rows) {
  const int32_t minus = -2 * op.inputs[rows.ones]->zero_point;
  WithMultiplied(op, rows.ones, [&rows, minus](auto four, auto one) {
    const auto word_of = [=](int32_t byte) { return minus + 2 * byte; };
    ForEachFourOfOnes<kFew, true>(rows, word_of, four, one);
  });
}

bool RunOnes(const OperatorView& op, const Rows& rows) {
  (AreFew<true>(rows.n) ? RunOnesOf<true> : RunOnesOf<false>)(op, rows);
  return true;
}

constexpr RowsKernel kRows{nullptr, RunBoth, MakeWords, RunWords, RunOnes};

void Run(const OperatorView& op) {
  const MulParams& p = *op.params<MulParams>();
  if (!Fits(p)) return kMulKernel.run(op);
  ForEachRow(op, kRows);
  ClampOutput(op, p.activation_min, p.activation_max);
}

/// The same as the portable kernel's.
Status Check(const OperatorView& op, uint64_t* work) { return kMulKernel.check(op, work); }

}  // namespace

const Kernel kMul{OperatorCode::kMul, 2, sizeof(MulParams), Check, Run};

}  // namespace tinyhost::simd
