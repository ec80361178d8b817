// ADD and SUB of two int8 tensors in one of three forms; the compiler chooses the first that gives TFLM's byte for
// every pair: a linear function of both bytes, in 7 instructions per element; a linear function of one byte plus a
// table for the other, in 7.5; or the sum before its rounding, as in TFLM, in 9.5. Where an input repeats, its addend
// is computed once: 5.8 instructions instead of 7 or 7.5, and 8.3 instead of 9.5 if the program has room for it.

#include "../kernels/add.h"

#include "../kernels/fixed_point.h"
#include "clamp.h"
#include "kernels.h"
#include "rows.h"

namespace tinyhost::simd {

namespace {

constexpr int kTableSize = 256;

TINYHOST_HOT void AddLinear(const OperatorView& op, const Rows& rows) {
  const AddParams& params = *op.params<AddParams>();
  const int32_t m = params.linear_multiplier[0], n = params.linear_multiplier[1];
  const int32_t constant = params.linear_constant, shift = params.linear_shift;
  ForEachFour(
      rows,
      [=](uint32_t a, uint32_t b, int8_t*& output) {
        const uint32_t a_even = HighEvenBytes(a), a_odd = HighOddBytes(a);
        const uint32_t b_even = HighEvenBytes(b), b_odd = HighOddBytes(b);
        const auto low = [=](uint32_t x, uint32_t y) {
          return MultiplyWordAddLow(m, x, MultiplyWordAddLow(n, y, constant));
        };
        const auto high = [=](uint32_t x, uint32_t y) {
          return MultiplyWordAddHigh(m, x, MultiplyWordAddHigh(n, y, constant));
        };
        StoreNext(output, SaturateToByte(low(a_even, b_even) >> shift));
        StoreNext(output, SaturateToByte(low(a_odd, b_odd) >> shift));
        StoreNext(output, SaturateToByte(high(a_even, b_even) >> shift));
        StoreNext(output, SaturateToByte(high(a_odd, b_odd) >> shift));
      },
      [=](int32_t a, int32_t b) {
        const uint32_t x = static_cast<uint32_t>(a) << 8, y = static_cast<uint32_t>(b) << 8;
        return SaturateToByte(MultiplyWordAddLow(m, x, MultiplyWordAddLow(n, y, constant)) >> shift);
      });
}

/// Whether the table is for the first input.
bool IsOfFirst(const AddParams& params) { return (params.table_input & 1) != 0; }

const uint32_t* Table(const OperatorView& op) {
  return op.image->Constants<uint32_t>(op.params<AddParams>()->table_offset, kTableSize);
}

/// What the repeating input adds to a sum.
struct Addend {
  Addend(const OperatorView& op, int input) {
    const AddParams& params = *op.params<AddParams>();
    multiplier = params.linear_multiplier[input];
    constant = params.linear_constant;
    multiplier_of_other = params.linear_multiplier[1 - input];
    if (params.table_input == 0) return;
    const bool fits = multiplier_of_other >= -(1 << 23) && multiplier_of_other < 1 << 23;
    is_word = fits && IsOfFirst(params) == (input == 0);
    multiplier_of_other = static_cast<int32_t>(static_cast<uint32_t>(multiplier_of_other) << 8);
    table = Table(op);
  }
  TINYHOST_INLINE int32_t operator()(int32_t byte) const {
    if (table != nullptr) return static_cast<int32_t>(table[static_cast<uint8_t>(byte)]);
    return MultiplyWordAddLow(multiplier, static_cast<uint32_t>(byte) << 8, constant);
  }

  const uint32_t* table = nullptr;
  int32_t multiplier;
  int32_t constant;
  int32_t multiplier_of_other;  // in units of 2^-8
  bool is_word = true;          // false: a multiple of its byte, without a table
};

TINYHOST_HOT bool MakeWords(const OperatorView& op, int input, const int8_t* from, int32_t n, int32_t* to) {
  const Addend addend(op, input);
  for (const int8_t* const end = from + n; from != end; ++from) *to++ = addend(*from);
  return addend.is_word;
}

/// Rounds the sums of the form whose table gives outputs.
struct Outputs {
  explicit Outputs(const AddParams& params) : shift(params.linear_shift) {}
  TINYHOST_INLINE int32_t operator()(int32_t sum) const { return sum >> shift; }
  int32_t shift;
};

/// Rounds the sums of the form whose table gives TFLM's sums, before their rounding. The sums are doubled, so that the
/// product with a Q31 number needs no doubling. Halves are rounded away from zero: half, minus 1 where the sum is
/// negative.
struct Sums {
  explicit Sums(const AddParams& params)
      : shift(params.linear_shift), multiplier(params.output_multiplier), constant(params.linear_constant) {}
  TINYHOST_INLINE int32_t operator()(int32_t sum) const {
    return WrappingAdd(MultiplyHighAdd(sum, multiplier, constant), sum >> 31) >> shift;
  }
  int32_t shift, multiplier, constant;
};

template <typename Rounded>
TINYHOST_HOT void AddByTable(const OperatorView& op, const Rows& rows) {
  const AddParams& params = *op.params<AddParams>();
  const Rounded rounded(params);
  const int looked_up = IsOfFirst(params) ? 0 : 1;
  const int8_t *scaled = rows.inputs[1 - looked_up], *index = rows.inputs[looked_up];
  const uint32_t* table = Table(op);
  const uint32_t multiplier = static_cast<uint32_t>(params.linear_multiplier[1 - looked_up]);
  const int32_t back = rows.n - rows.next[1 - looked_up], index_back = rows.n - rows.next[looked_up];
  int8_t* output = rows.output;
  const auto add = [=](const int8_t*& byte, const int8_t*& entry, int8_t*& to) {
    const uint32_t addend = table[LoadNextUnsigned(entry)];
    const uint32_t sum = static_cast<uint32_t>(LoadNextByte(byte)) * multiplier + addend;
    StoreNext(to, SaturateToByte(rounded(static_cast<int32_t>(sum))));
  };
  for (int32_t left = rows.n_rows; left > 0; --left, scaled -= back, index -= index_back) {
    const int8_t* const end = scaled + rows.n;
    for (const int8_t* const end_of_fours = end - (rows.n & 3); scaled != end_of_fours;) {
      add(scaled, index, output);
      add(scaled, index, output);
      add(scaled, index, output);
      add(scaled, index, output);
    }
    while (scaled != end) add(scaled, index, output);
  }
}

/// Calls run(four, one) with functions that add multiples of bytes to words.
template <typename Rounded, typename Run>
TINYHOST_INLINE void WithAdded(const OperatorView& op, int addend, Run run) {
  const int32_t m = Addend(op, addend).multiplier_of_other;
  const Rounded rounded(*op.params<AddParams>());
  run(
      [=](uint32_t bytes, auto next, int8_t*& output) {
        const uint32_t even = HighEvenBytes(bytes), odd = HighOddBytes(bytes);
        int32_t a, b;
        next(a, b);
        StoreNext(output, SaturateToByte(rounded(MultiplyWordAddLow(m, even, a))));
        StoreNext(output, SaturateToByte(rounded(MultiplyWordAddLow(m, odd, b))));
        next(a, b);
        StoreNext(output, SaturateToByte(rounded(MultiplyWordAddHigh(m, even, a))));
        StoreNext(output, SaturateToByte(rounded(MultiplyWordAddHigh(m, odd, b))));
      },
      [=](int32_t byte, int32_t word) {
        return SaturateToByte(rounded(MultiplyWordAddLow(m, static_cast<uint32_t>(byte) << 8, word)));
      });
}

template <typename Rounded>
TINYHOST_HOT void RunWords(const OperatorView& op, int same, const WordRows& rows) {
  WithAdded<Rounded>(op, same, [&rows](auto four, auto one) { ForEachFourOfWords(rows, four, one); });
}

template <typename Rounded, bool kFew>
TINYHOST_HOT bool RunOnesOf(const OperatorView& op, const Rows& rows) {
  const Addend addend(op, rows.ones);
  if (!addend.is_word) return false;
  WithAdded<Rounded>(op, rows.ones, [&](auto four, auto one) { ForEachFourOfOnes<kFew>(rows, addend, four, one); });
  return true;
}

bool RunOnes(const OperatorView& op, const Rows& rows) {
  return (AreFew<false>(rows.n) ? RunOnesOf<Outputs, true> : RunOnesOf<Outputs, false>)(op, rows);
}

/// Not shorter rows: copies of what repeats are faster then.
bool RunOnesOfSums(const OperatorView& op, const Rows& rows) { return rows.n >= 4 && RunOnesOf<Sums, false>(op, rows); }

/// By table_input: no table, a table for outputs, a table for sums.
constexpr RowsKernel kRows[] = {{nullptr, AddLinear, MakeWords, RunWords<Outputs>, RunOnes},
                                {nullptr, AddByTable<Outputs>, MakeWords, RunWords<Outputs>, RunOnes},
                                kHasRoom
                                    ? RowsKernel{nullptr, AddByTable<Sums>, MakeWords, RunWords<Sums>, RunOnesOfSums}
                                    : RowsKernel{nullptr, AddByTable<Sums>}};

TINYHOST_COLD void Run(const OperatorView& op) {
  const AddParams& params = *op.params<AddParams>();
  if (params.linear_shift == 0) return kAddKernel.run(op);
  ForEachRow(op, kRows[(params.table_input + 1) / 2]);
  ClampOutput(op, params.activation_min, params.activation_max);
}

}  // namespace

const Kernel kAdd{OperatorCode::kAdd, 2, sizeof(AddParams), CheckAdd, Run};
const Kernel kSub{OperatorCode::kSub, 2, sizeof(AddParams), CheckAdd, Run};

}  // namespace tinyhost::simd
