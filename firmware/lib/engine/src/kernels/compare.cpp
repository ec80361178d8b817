// COMPARE of the real values of two int8 tensors, broadcast; SELECT between the elements of two tensors by its result.

#include "broadcast.h"
#include "fixed_point.h"

namespace tinyhost {

namespace {

constexpr int kLeftShift = 8;  // headroom that TFLM gives values that are multiplied by their scales

bool IsScale(int32_t multiplier, int shift) { return multiplier >= 0 && shift >= -31 && shift <= 0; }

TINYHOST_COLD Status CheckCompare(const OperatorView& op, uint64_t* work) {
  const CompareParams& params = *op.params<CompareParams>();
  if (!ValidBroadcast(op) || !IsScale(params.input_multiplier[0], params.input_shift[0]) ||
      !IsScale(params.input_multiplier[1], params.input_shift[1]) || params.comparison > Comparison::kLessEqual) {
    return Status::kImageParameter;
  }
  *work += ElementCount(*op.output);
  return Status::kOk;
}

int32_t Real(const OperatorView& op, const CompareParams& p, int i, int32_t value) {
  const int32_t shifted = (value - op.inputs[i]->zero_point) * (1 << kLeftShift);
  return MultiplyAndShiftRight(shifted, p.input_multiplier[i], -p.input_shift[i]);
}

void RunRow(const OperatorView& op, const int8_t* a, const int8_t* b, int32_t n, int8_t* output) {
  const CompareParams p = *op.params<CompareParams>();
  const bool equality = p.comparison == Comparison::kEqual || p.comparison == Comparison::kLessEqual;
  const bool order = p.comparison == Comparison::kLess || p.comparison == Comparison::kLessEqual;
  const bool inequality = p.comparison == Comparison::kNotEqual;
  for (; n > 0; --n, ++a, ++b) {
    const int32_t x = Real(op, p, 0, *a), y = Real(op, p, 1, *b);
    *output++ = static_cast<int8_t>((equality && x == y) || (order && x < y) || (inequality && x != y));
  }
}

constexpr RowsKernel kRows{RunRow};

void RunCompare(const OperatorView& op) { ForEachRow(op, kRows); }

TINYHOST_COLD Status CheckSelect(const OperatorView& op, uint64_t* work) {
  const size_t n = ElementCount(*op.output);
  for (int i = 0; i < 3; ++i) {
    if (op.inputs[i]->type != TensorType::kInt8 || ElementCount(*op.inputs[i]) != n) return Status::kImageParameter;
  }
  *work += n;
  return op.output->type == TensorType::kInt8 ? Status::kOk : Status::kImageParameter;
}

void RunSelect(const OperatorView& op) {
  const int8_t *condition = op.input_data<int8_t>(0), *a = op.input_data<int8_t>(1), *b = op.input_data<int8_t>(2);
  int8_t* output = op.output_data<int8_t>();
  const size_t n = ElementCount(*op.output);
  for (size_t i = 0; i < n; ++i) output[i] = condition[i] != 0 ? a[i] : b[i];
}

}  // namespace

const Kernel kCompareKernel{OperatorCode::kCompare, 2, sizeof(CompareParams), CheckCompare, RunCompare};
const Kernel kSelectKernel{OperatorCode::kSelect, 3, sizeof(NoParams), CheckSelect, RunSelect};

}  // namespace tinyhost
