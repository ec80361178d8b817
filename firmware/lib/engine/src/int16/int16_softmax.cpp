// INT16_SOFTMAX along the last dimension, with output scale 1/32768. Exponentials and reciprocals come from the host's
// tables.

#include "../kernels/fixed_point.h"
#include "../kernels/requantize.h"
#include "core/portable.h"
#include "kernels.h"

namespace tinyhost {

namespace {

constexpr int kTableSize = 513;
constexpr int32_t kMaxDepth = UINT16_MAX;  // more terms of up to 1.0 in Q15 would overflow their sum

TINYHOST_COLD const int16_t* Table(const OperatorView& op, uint32_t offset) {
  const int16_t* table = op.image->Constants<int16_t>(offset, kTableSize);
  for (int i = 0; table && i < kTableSize; ++i) {
    if (table[i] < 0) return nullptr;
  }
  return table;
}

TINYHOST_COLD Status Check(const OperatorView& op, uint64_t* work) {
  const Int16SoftmaxParams& p = *op.params<Int16SoftmaxParams>();
  const TensorRecord& input = *op.inputs[0];
  if (input.rank < 1 || !IsInt16(input) || !IsInt16(*op.output) || ElementCount(input) != ElementCount(*op.output) ||
      input.dims[input.rank - 1] > kMaxDepth || !Table(op, p.exponential_offset) || !Table(op, p.reciprocal_offset) ||
      p.multiplier < 0 || !ShiftInRange(p.shift)) {
    return Status::kImageParameter;
  }
  *work += 6 * ElementCount(input) + 2 * kTableSize;
  return Status::kOk;
}

/// Interpolates between a table's entries at a 16-bit x.
int32_t Interpolated(const int16_t* table, int32_t x) {
  const int32_t position = Clamp(x, INT16_MIN, INT16_MAX) - INT16_MIN;
  const int16_t* entry = table + (position >> 7);
  return entry[0] + (((entry[1] - entry[0]) * (position & 0x7F) + 64) >> 7);
}

void RunRow(const Int16SoftmaxParams& p, const int16_t* exponentials, const int16_t* reciprocals, const int16_t* input,
            int32_t depth, int16_t* output) {
  int32_t max = INT16_MIN;
  for (int32_t i = 0; i < depth; ++i) max = input[i] > max ? input[i] : max;
  int32_t sum = 0;  // Q16.15
  for (int32_t i = 0; i < depth; ++i) {
    const int32_t scaled = MultiplyByQuantizedMultiplier(input[i] - max, p.multiplier, p.shift);
    const int32_t exponential = Interpolated(exponentials, WrappingAdd(scaled, INT16_MAX));
    output[i] = static_cast<int16_t>(exponential);
    sum += exponential;
  }
  if (sum < 2) sum = 2;  // only a hostile table leads here
  // 1 / sum: the sum without its leading one is x of 1 / (1 + x).
  const int headroom = CountLeadingZeros(static_cast<uint32_t>(sum));
  const auto fraction = static_cast<int32_t>(((int64_t{sum} << (headroom - 1)) + (1 << 13)) >> 14);
  const int32_t reciprocal = Interpolated(reciprocals, fraction - (1 << 15) - (1 << 16));
  const int shift = 31 - headroom;
  const int32_t half = 1 << (shift - 1);
  for (int32_t i = 0; i < depth; ++i) {
    const auto value = static_cast<int32_t>((int64_t{output[i]} * reciprocal + half) >> shift);
    output[i] = static_cast<int16_t>(Clamp(value, 0, INT16_MAX));
  }
}

void Run(const OperatorView& op) {
  const Int16SoftmaxParams p = *op.params<Int16SoftmaxParams>();
  const int16_t* exponentials = op.image->Constants<int16_t>(p.exponential_offset, kTableSize);
  const int16_t* reciprocals = op.image->Constants<int16_t>(p.reciprocal_offset, kTableSize);
  const int32_t depth = op.inputs[0]->dims[op.inputs[0]->rank - 1];
  const int16_t* input = op.input_data<int16_t>();
  int16_t* output = op.output_data<int16_t>();
  for (size_t n = ElementCount(*op.output) / static_cast<size_t>(depth); n > 0; --n, input += depth, output += depth) {
    RunRow(p, exponentials, reciprocals, input, depth, output);
  }
}

}  // namespace

const Kernel kInt16SoftmaxKernel{OperatorCode::kInt16Softmax, 1, sizeof(Int16SoftmaxParams), Check, Run};

}  // namespace tinyhost
