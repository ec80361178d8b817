// SOFTMAX along the last dimension, int8 to int8 of scale 1/256. The exponentials come from the host's table.

#include "core/portable.h"
#include "fixed_point.h"
#include "kernel.h"

namespace tinyhost {

namespace {

constexpr int kTableSize = 256;
constexpr int kIntegerBits = 12;                        // of the sum of exponentials: Q12.19
constexpr int32_t kMaxDepth = (1 << kIntegerBits) - 1;  // more terms of up to 1.0 would overflow it

TINYHOST_COLD Status Check(const OperatorView& op, uint64_t* work) {
  const SoftmaxParams* params = op.params<SoftmaxParams>();
  const TensorRecord& input = *op.inputs[0];
  if (input.rank < 1 || input.type != TensorType::kInt8 || !IsInt8(*op.output, input.rank)) {
    return Status::kImageParameter;
  }
  for (int d = 0; d < input.rank; ++d) {
    if (input.dims[d] != op.output->dims[d]) return Status::kImageParameter;
  }
  const int32_t* table = op.image->Constants<int32_t>(params->table_offset, kTableSize);
  if (!table || table[0] != INT32_MAX || input.dims[input.rank - 1] > kMaxDepth) return Status::kImageParameter;
  for (int i = 0; i < kTableSize; ++i) {
    if (table[i] < 0) return Status::kImageParameter;
  }
  *work += 3 * ElementCount(input);
  return Status::kOk;
}

/// The index is cut to a byte because a hostile plan may overlap input and output, so that the row changes while it is
/// read.
int32_t Exponential(const int32_t* table, int32_t max, int8_t value) {
  return table[static_cast<uint8_t>(max - value)];
}

TINYHOST_COLD void RunRow(const int8_t* input, int32_t depth, const int32_t* table, int8_t* output) {
  int32_t max = INT8_MIN;
  for (int32_t i = 0; i < depth; ++i) max = input[i] > max ? input[i] : max;
  int32_t sum = 0;  // at least 1.0, from the maximum itself
  for (int32_t i = 0; i < depth; ++i) {
    sum += RoundingDivideByPowerOfTwo(Exponential(table, max, input[i]), kIntegerBits);
  }
  // 1 / sum as a Q31 fraction and a power of two.
  const int headroom = CountLeadingZeros(static_cast<uint32_t>(sum));
  const uint32_t fraction = (static_cast<uint32_t>(sum) << headroom) - 0x80000000u;
  const int32_t scale = OneOverOnePlus(static_cast<int32_t>(fraction));
  const int exponent = kIntegerBits - headroom + 31 - 8;
  for (int32_t i = 0; i < depth; ++i) {
    const int32_t value = RoundingDoublingHighMul(scale, Exponential(table, max, input[i]));
    output[i] = static_cast<int8_t>(Clamp(RoundingDivideByPowerOfTwo(value, exponent) + INT8_MIN, INT8_MIN, INT8_MAX));
  }
}

TINYHOST_COLD void Run(const OperatorView& op) {
  const int32_t* table = op.image->Constants<int32_t>(op.params<SoftmaxParams>()->table_offset, kTableSize);
  const int32_t depth = op.inputs[0]->dims[op.inputs[0]->rank - 1];
  const int8_t* input = op.input_data<int8_t>();
  int8_t* output = op.output_data<int8_t>();
  const int32_t n_rows = static_cast<int32_t>(ElementCount(*op.inputs[0])) / depth;
  for (int32_t row = 0; row < n_rows; ++row, input += depth, output += depth) RunRow(input, depth, table, output);
}

}  // namespace

const Kernel kSoftmaxKernel{OperatorCode::kSoftmax, 1, sizeof(SoftmaxParams), Check, Run};

}  // namespace tinyhost
