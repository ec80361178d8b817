// FLOAT_COMPARE of two tensors, broadcast; FLOAT_SELECT between the elements of two tensors, of more than one byte
// each, by the result of a comparison; FLOAT_ARG_MAX.

#include "../kernels/arg_max.h"
#include "../kernels/broadcast.h"
#include "kernels.h"

namespace tinyhost {

namespace {

TINYHOST_COLD Status CheckCompare(const OperatorView& op, uint64_t* work) {
  if (!IsFloat(*op.inputs[0]) || !IsFloat(*op.inputs[1]) || op.output->type != TensorType::kInt8 ||
      !BothBroadcast(op) || op.params<FloatCompareParams>()->comparison > Comparison::kLessEqual) {
    return Status::kImageParameter;
  }
  *work += 2 * ElementCount(*op.output);
  return Status::kOk;
}

bool Holds(Comparison comparison, float a, float b) {
  switch (comparison) {
    case Comparison::kEqual:
      return a == b;
    case Comparison::kNotEqual:
      return a != b;
    case Comparison::kLess:
      return a < b;
    case Comparison::kLessEqual:
      return a <= b;
  }
  return false;
}

struct FloatCompare {
  using Params = FloatCompareParams;
  static int8_t Value(const Params& p, float a, float b) { return Holds(p.comparison, a, b) ? 1 : 0; }
};

TINYHOST_COLD Status CheckSelect(const OperatorView& op, uint64_t* work) {
  const size_t n = ElementCount(*op.output);
  const TensorType type = op.output->type;
  if (op.inputs[0]->type != TensorType::kInt8 || op.inputs[1]->type != type || op.inputs[2]->type != type ||
      ElementBytes(type) == 1) {
    return Status::kImageParameter;
  }
  for (int i = 0; i < 3; ++i) {
    if (ElementCount(*op.inputs[i]) != n) return Status::kImageParameter;
  }
  *work += n;
  return Status::kOk;
}

template <typename Element>
void SelectElements(const OperatorView& op) {
  const int8_t* condition = op.input_data<int8_t>(0);
  const Element *a = op.input_data<Element>(1), *b = op.input_data<Element>(2);
  Element* output = op.output_data<Element>();
  const size_t n = ElementCount(*op.output);
  for (size_t i = 0; i < n; ++i) output[i] = condition[i] != 0 ? a[i] : b[i];
}

void RunSelect(const OperatorView& op) {
  (ElementBytes(op.output->type) == sizeof(int16_t) ? SelectElements<int16_t> : SelectElements<uint32_t>)(op);
}

TINYHOST_COLD Status CheckArgMax(const OperatorView& op, uint64_t* work) {
  return CheckArgMaxOf(TensorType::kFloat32, op, work);
}

}  // namespace

const Kernel kFloatCompareKernel{OperatorCode::kFloatCompare, 2, sizeof(FloatCompareParams), CheckCompare,
                                 RunBroadcast<FloatCompare, float, float, int8_t>};
const Kernel kFloatSelectKernel{OperatorCode::kFloatSelect, 3, sizeof(NoParams), CheckSelect, RunSelect};
const Kernel kFloatArgMaxKernel{OperatorCode::kFloatArgMax, 1, sizeof(NoParams), CheckArgMax, RunArgMaxOf<float>};

}  // namespace tinyhost
