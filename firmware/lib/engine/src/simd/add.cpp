// ADD and SUB of two int8 tensors in one of three forms, of which the compiler has found the first that gives TFLM's
// byte for every pair: a linear function of both bytes, in 7 instructions per element; a linear function of one
// byte and a table of what the other adds, in 8; or that of the sum before its rounding, which is TFLM's, in
// about 11.

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

template <int kUnrolled, typename Rounded>
inline void AddByTable(const OperatorView& op, const int8_t* a, const int8_t* b, int32_t n, int8_t* output,
                       Rounded rounded) {
  const AddParams& params = *op.params<AddParams>();
  const bool of_first = (params.table_input & 1) != 0;
  const uint8_t* looked_up = reinterpret_cast<const uint8_t*>(of_first ? a : b);
  const int8_t* scaled = of_first ? b : a;
  const uint32_t* table = op.image->Constants<uint32_t>(params.table_offset, kTableSize);
  const uint32_t multiplier = static_cast<uint32_t>(params.linear_multiplier[of_first ? 1 : 0]);
  const auto add = [&](int i) {
    const uint32_t sum = static_cast<uint32_t>(scaled[i]) * multiplier + table[looked_up[i]];
    output[i] = static_cast<int8_t>(SaturateToByte(rounded(static_cast<int32_t>(sum))));
  };
  if (kUnrolled == 4) {
    for (; n >= 4; n -= 4, scaled += 4, looked_up += 4, output += 4) add(0), add(1), add(2), add(3);
  }
  for (int i = 0; i < n; ++i) add(i);
}

TINYHOST_HOT void AddByTableOfOutputs(const OperatorView& op, const int8_t* a, const int8_t* b, int32_t n,
                                      int8_t* output) {
  const int32_t shift = op.params<AddParams>()->linear_shift;
  AddByTable<4>(op, a, b, n, output, [=](int32_t sum) { return sum >> shift; });
}

/// Of twice the sum, so that its product with a Q31 number needs no doubling; half is rounded away from zero, less 1
/// where it is negative.
TINYHOST_HOT void AddByTableOfSums(const OperatorView& op, const int8_t* a, const int8_t* b, int32_t n,
                                   int8_t* output) {
  const AddParams& params = *op.params<AddParams>();
  const int32_t shift = params.linear_shift, multiplier = params.output_multiplier, constant = params.linear_constant;
  AddByTable<1>(op, a, b, n, output, [=](int32_t sum) {
    return WrappingAdd(MultiplyHighAdd(sum, multiplier, constant), sum >> 31) >> shift;
  });
}

/// By table_input: none, of outputs, of sums.
constexpr RowsKernel kRows[] = {{nullptr, AddLinear}, {AddByTableOfOutputs}, {AddByTableOfSums}};

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
