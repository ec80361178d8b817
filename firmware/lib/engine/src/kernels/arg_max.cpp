// ARG_MAX of int8 along the middle one of three dimensions.

#include "arg_max.h"

namespace tinyhost {

namespace {

TINYHOST_COLD Status Check(const OperatorView& op, uint64_t* work) {
  return CheckArgMaxOf(TensorType::kInt8, op, work);
}

}  // namespace

const Kernel kArgMaxKernel{OperatorCode::kArgMax, 1, sizeof(NoParams), Check, RunArgMaxOf<int8_t>};

}  // namespace tinyhost
