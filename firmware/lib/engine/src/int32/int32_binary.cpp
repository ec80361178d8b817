// INT32_BINARY: a function of two tensors, broadcast, that wraps around on overflow; INT32_COMPARE of two tensors.

#include "../kernels/broadcast.h"
#include "../kernels/fixed_point.h"
#include "kernels.h"

namespace tinyhost {

namespace {

TINYHOST_COLD Status CheckBoth(const OperatorView& op, TensorType type, bool valid, uint64_t* work) {
  if (!valid || !IsInt32(*op.inputs[0]) || !IsInt32(*op.inputs[1]) || op.output->type != type || !BothBroadcast(op)) {
    return Status::kImageParameter;
  }
  *work += 2 * ElementCount(*op.output);
  return Status::kOk;
}

TINYHOST_COLD Status CheckBinary(const OperatorView& op, uint64_t* work) {
  const BinaryFunction function = op.params<Int32BinaryParams>()->function;
  return CheckBoth(op, TensorType::kInt32, function <= BinaryFunction::kSquaredDifference, work);
}

int32_t WrappingMultiply(int32_t a, int32_t b) {
  return static_cast<int32_t>(static_cast<uint32_t>(a) * static_cast<uint32_t>(b));
}

int32_t Quotient(int32_t a, int32_t b) {
  if (b == 0) return 0;
  return b == -1 ? WrappingSubtract(0, a) : a / b;
}

struct Int32Binary {
  using Params = Int32BinaryParams;
  static int32_t Value(const Params& p, int32_t a, int32_t b) {
    switch (p.function) {
      case BinaryFunction::kAdd:
        return WrappingAdd(a, b);
      case BinaryFunction::kSub:
        return WrappingSubtract(a, b);
      case BinaryFunction::kDiv:
        return Quotient(a, b);
      case BinaryFunction::kMaximum:
        return a > b ? a : b;
      case BinaryFunction::kMinimum:
        return a < b ? a : b;
      case BinaryFunction::kSquaredDifference:
        return WrappingMultiply(WrappingSubtract(a, b), WrappingSubtract(a, b));
      default:
        return WrappingMultiply(a, b);
    }
  }
};

TINYHOST_COLD Status CheckCompare(const OperatorView& op, uint64_t* work) {
  const bool valid = op.params<FloatCompareParams>()->comparison <= Comparison::kLessEqual;
  return CheckBoth(op, TensorType::kInt8, valid, work);
}

struct Int32Compare {
  using Params = FloatCompareParams;
  static int8_t Value(const Params& p, int32_t a, int32_t b) {
    const bool less = p.comparison == Comparison::kLess || p.comparison == Comparison::kLessEqual;
    const bool equal = p.comparison == Comparison::kEqual || p.comparison == Comparison::kLessEqual;
    if (p.comparison == Comparison::kNotEqual) return a != b;
    return (less && a < b) || (equal && a == b);
  }
};

}  // namespace

const Kernel kInt32BinaryKernel{OperatorCode::kInt32Binary, 2, sizeof(Int32BinaryParams), CheckBinary,
                                RunBroadcast<Int32Binary, int32_t, int32_t>};
const Kernel kInt32CompareKernel{OperatorCode::kInt32Compare, 2, sizeof(FloatCompareParams), CheckCompare,
                                 RunBroadcast<Int32Compare, int32_t, int32_t, int8_t>};

}  // namespace tinyhost
