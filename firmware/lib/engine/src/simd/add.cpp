// ADD and SUB of two int8 tensors in one of two forms that the compiler makes: as a linear function of both bytes,
// which it has found to give TFLM's for every pair of them, in about 8 instructions per element; or with a table for
// the input that is scaled, and TFLM's rounding of the sum, in about 10. Other sums are left to the portable kernels.

#include "../kernels/add.h"

#include "../kernels/fixed_point.h"
#include "clamp.h"
#include "kernels.h"
#include "rows.h"

namespace tinyhost::simd {

namespace {

constexpr int kTableSize = 256;
constexpr int32_t kHalf = 1 << 30;       // Q31
constexpr int32_t kMaxOutputShift = 22;  // so that a zero point, shifted, fits

/// Bytes 1 and 3, times 2^8.
inline uint32_t HighBytes(uint32_t word) { return word & 0xFF00FF00u; }

TINYHOST_HOT void AddLinear(const AddParams& params, const OrderedRows& rows) {
  const int32_t first_multiplier = params.linear_multiplier[rows.first];
  const int32_t second_multiplier = params.linear_multiplier[1 - rows.first];
  const int32_t constant = params.linear_constant, shift = params.linear_shift;
  const auto low = [=](uint32_t first, uint32_t second) {
    const int32_t sum =
        MultiplyWordAddLow(first_multiplier, first, MultiplyWordAddLow(second_multiplier, second, constant));
    return static_cast<int8_t>(SaturateToByte(sum >> shift));
  };
  const auto high = [=](uint32_t first, uint32_t second) {
    const int32_t sum =
        MultiplyWordAddHigh(first_multiplier, first, MultiplyWordAddHigh(second_multiplier, second, constant));
    return static_cast<int8_t>(SaturateToByte(sum >> shift));
  };
  ForEachFour(
      rows,
      [=](uint32_t first, uint32_t second, int8_t* output) {
        const uint32_t first_even = HighBytes(first << 8), first_odd = HighBytes(first);
        const uint32_t second_even = HighBytes(second << 8), second_odd = HighBytes(second);
        output[0] = low(first_even, second_even);
        output[1] = low(first_odd, second_odd);
        output[2] = high(first_even, second_even);
        output[3] = high(first_odd, second_odd);
      },
      [=](int8_t first, int8_t second, int8_t* output) {
        *output = low(static_cast<uint32_t>(first) << 8, static_cast<uint32_t>(second) << 8);
      });
}

int WiderInput(const AddParams& p) { return p.input_multiplier[0] == kHalf && p.input_shift[0] == 0 ? 0 : 1; }

/// Twice the sum, so that its product with a Q31 number needs no doubling; half of it is rounded away from zero, less 1
/// where it is negative.
struct TableSum {
  const int32_t* table;
  int32_t factor;
  int32_t multiplier;
  int32_t constant;
  int32_t shift;

  int8_t operator()(int32_t wide, uint8_t other) const {
    const int32_t sum = WrappingAdd(table[other], wide * factor);
    const int32_t scaled = WrappingAdd(MultiplyHighAdd(sum, multiplier, constant), sum >> 31);
    return static_cast<int8_t>(SaturateToByte(scaled >> shift));
  }
};

TINYHOST_HOT void AddByTable(const TableSum& of, Rows rows, int wide) {
  const TableSum sum = of;  // a copy that outputs cannot alias
  const int8_t* input = wide == 0 ? rows.a : rows.b;
  const uint8_t* other = reinterpret_cast<const uint8_t*>(wide == 0 ? rows.b : rows.a);
  const int32_t step = wide == 0 ? rows.step_a : rows.step_b, other_step = wide == 0 ? rows.step_b : rows.step_a;
  const int32_t next = (wide == 0 ? rows.next_a : rows.next_b) - rows.n * step;
  const int32_t other_next = (wide == 0 ? rows.next_b : rows.next_a) - rows.n * other_step;
  int8_t* output = rows.output;
  for (int32_t i = rows.n_rows; i > 0; --i, input += next, other += other_next) {
    int32_t n = rows.n;
    if ((step & other_step) != 0) {
      for (; n >= 8; n -= 8, input += 8, other += 8, output += 8) {
        const auto add = [&](int i) { output[i] = sum(input[i], other[i]); };
        add(0), add(1), add(2), add(3), add(4), add(5), add(6), add(7);
      }
    }
    for (; n > 0; --n, input += step, other += other_step) *output++ = sum(*input, *other);
  }
}

template <int32_t kSign>
TINYHOST_COLD void RunRows(const OperatorView& op, const Rows& rows, const void*) {
  const AddParams& params = *op.params<AddParams>();
  if (params.linear_shift != 0) return AddLinear(params, OrderedRows(rows));
  const int wide = WiderInput(params);
  const int32_t shift = -params.output_shift;
  const TableSum sum{op.image->Constants<int32_t>(params.table_offset, kTableSize),
                     (wide == 0 ? 1 : kSign) * (1 << kAddLeftShift), params.output_multiplier,
                     op.output.zero_point * (1 << shift) + (1 << (shift - 1)), shift};
  AddByTable(sum, rows, wide);
}

template <int32_t kSign>
TINYHOST_COLD void Run(const OperatorView& op) {
  const AddParams& params = *op.params<AddParams>();
  const bool by_table = params.has_table != 0 && params.output_shift < 0 && params.output_shift >= -kMaxOutputShift;
  if (params.linear_shift == 0 && !by_table) return (kSign < 0 ? kSubKernel : kAddKernel).run(op);
  ForEachRows(op, RunRows<kSign>, nullptr);
  ClampOutput(op, params.activation_min, params.activation_max);
}

}  // namespace

const Kernel kAdd{OperatorCode::kAdd, 2, sizeof(AddParams), CheckAdd, Run<1>};
const Kernel kSub{OperatorCode::kSub, 2, sizeof(AddParams), CheckAdd, Run<-1>};

}  // namespace tinyhost::simd
