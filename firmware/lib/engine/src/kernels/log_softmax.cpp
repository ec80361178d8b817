// LOG_SOFTMAX along the last dimension, int8 to int8 of scale 1/16 and zero point 127, in TFLM's fixed point
// (reference/integer_ops/log_softmax.h). The exponentials come from the host's table.

#include "core/portable.h"
#include "fixed_point.h"
#include "kernel.h"
#include "requantize.h"

namespace tinyhost {

namespace {

constexpr int kTableSize = 256;
constexpr int kInputBits = 5, kSumBits = 12, kAccumulatorBits = 6, kOutputBits = 4;  // before the point
constexpr int32_t kMaxDepth = (1 << kSumBits) - 1;
constexpr int32_t kZeroPoint = 127;
constexpr uint64_t kRowSteps = 60;

TINYHOST_COLD Status Check(const OperatorView& op, uint64_t* work) {
  const LogSoftmaxParams& params = *op.params<LogSoftmaxParams>();
  const TensorRecord& input = *op.inputs[0];
  if (input.rank < 1 || input.type != TensorType::kInt8 || op.output->type != TensorType::kInt8 ||
      ElementCount(*op.output) != ElementCount(input) || input.dims[input.rank - 1] > kMaxDepth ||
      params.input_multiplier < 0 || params.reverse_multiplier < 0 || !ShiftInRange(params.input_shift) ||
      !ShiftInRange(params.reverse_shift)) {
    return Status::kImageParameter;
  }
  const int32_t* table = op.image->Constants<int32_t>(params.table_offset, kTableSize);
  if (!table || table[0] != INT32_MAX) return Status::kImageParameter;
  for (int i = 0; i < kTableSize; ++i) {
    if (table[i] < 0) return Status::kImageParameter;
  }
  const uint64_t n = ElementCount(input);
  *work += 4 * n + n / static_cast<uint64_t>(input.dims[input.rank - 1]) * kRowSteps;
  return Status::kOk;
}

/// x * 2^bits, saturated, of an x from 0 on.
int32_t ShiftedUp(int32_t x, int bits) { return x > INT32_MAX >> bits ? INT32_MAX : x << bits; }

/// The natural logarithm, in Q5.26, of x in Q12.19 from 1 on: of a power of two, which is a quarter off or less, and of
/// a fraction near 1.
int32_t Logarithm(int32_t x) {
  constexpr int32_t kLog2 = 1488522236, kSqrtHalf = 1518500250, kFourthRootOfHalf = 1805811301;
  constexpr int32_t kQuarter = 1 << (31 - kAccumulatorBits - 2);
  const auto multiply = RoundingDoublingHighMul;
  const int headroom = CountLeadingZeros(static_cast<uint32_t>(x));
  const int32_t first = ShiftedUp(multiply(x << (headroom - 1), kSqrtHalf), 1);
  const int32_t first_power = (kSumBits - headroom) * (1 << (31 - kAccumulatorBits)) + kQuarter;
  const int second_headroom = CountLeadingZeros(static_cast<uint32_t>(multiply(x, kSqrtHalf))) - 1;
  const int32_t second = ShiftedUp(x, second_headroom);
  const int32_t second_power = (kSumBits - second_headroom) * (1 << (31 - kAccumulatorBits)) - kQuarter;
  const int32_t fraction = first < second ? first : second;
  const int32_t power = first_power > second_power ? first_power : second_power;
  // A quotient of polynomials of how far the fraction is from the fourth root of 1/2, times the same root of 2.
  constexpr int32_t kNumerator = 117049297;                                            // 11/240 of the root of 2
  constexpr int32_t kConstant = 1057819769, kSquare = 127690142, kLinear = 638450708;  // of the denominator less 1
  const int32_t middle = static_cast<int32_t>((int64_t{fraction} + kFourthRootOfHalf + 1) / 2);
  const int32_t twice = WrappingShiftLeft(fraction - kFourthRootOfHalf, 1), square = multiply(twice, twice);
  const int32_t above = WrappingAdd(multiply(twice, fraction), multiply(multiply(twice, square), kNumerator));
  const int32_t inner = WrappingAdd(WrappingAdd(kConstant, twice), multiply(kSquare, square));
  const int32_t below = WrappingAdd(multiply(middle, inner), multiply(kLinear, twice));
  const int32_t ratio = multiply(RoundingDivideByPowerOfTwo(above, kAccumulatorBits), OneOverOnePlus(below));
  return WrappingShiftLeft(WrappingAdd(multiply(power, kLog2), ratio), kAccumulatorBits - kInputBits);
}

TINYHOST_COLD void RunRow(const LogSoftmaxParams& p, const int32_t* table, const int8_t* input, int32_t depth,
                          int8_t* output) {
  int32_t max = INT8_MIN, sum = 0;  // at least 1.0, from the maximum itself
  for (int32_t i = 0; i < depth; ++i) max = input[i] > max ? input[i] : max;
  for (int32_t i = 0; i < depth; ++i) {
    sum += RoundingDivideByPowerOfTwo(table[static_cast<uint8_t>(max - input[i])], kSumBits);
  }
  const int32_t logarithm = Logarithm(sum);
  int32_t least =
      MultiplyByQuantizedMultiplier(WrappingAdd(logarithm, INT32_MIN), p.reverse_multiplier, p.reverse_shift);
  if (least < p.diff_min - 1) least = p.diff_min - 1;
  for (int32_t i = 0; i < depth; ++i) {
    const int32_t difference = input[i] - max;
    const int32_t scaled = MultiplyByQuantizedMultiplier(difference, p.input_multiplier, p.input_shift);
    const int32_t value =
        RoundingDivideByPowerOfTwo(WrappingSubtract(scaled, logarithm), 31 - kInputBits - kOutputBits) + kZeroPoint;
    output[i] = static_cast<int8_t>(difference > least ? Clamp(value, INT8_MIN, INT8_MAX) : INT8_MIN);
  }
}

TINYHOST_COLD void Run(const OperatorView& op) {
  const LogSoftmaxParams& params = *op.params<LogSoftmaxParams>();
  const int32_t* table = op.image->Constants<int32_t>(params.table_offset, kTableSize);
  const int32_t depth = op.inputs[0]->dims[op.inputs[0]->rank - 1];
  const int8_t* input = op.input_data<int8_t>();
  int8_t* output = op.output_data<int8_t>();
  const int32_t n_rows = static_cast<int32_t>(ElementCount(*op.inputs[0])) / depth;
  for (int32_t row = 0; row < n_rows; ++row, input += depth, output += depth) {
    RunRow(params, table, input, depth, output);
  }
}

}  // namespace

const Kernel kLogSoftmaxKernel{OperatorCode::kLogSoftmax, 1, sizeof(LogSoftmaxParams), Check, Run};

}  // namespace tinyhost
