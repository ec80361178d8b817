// ARG_MAX of int8 along the middle one of three dimensions.

#include "kernel.h"

namespace tinyhost {

namespace {

TINYHOST_COLD Status Check(const OperatorView& op, uint64_t* work) {
  const TensorView& input = op.inputs[0];
  if (!IsInt8(input, 3) || op.output.type != TensorType::kInt32 ||
      ElementCount(op.output) != static_cast<size_t>(input.dims[0]) * static_cast<size_t>(input.dims[2])) {
    return Status::kImageParameter;
  }
  *work += ElementCount(input);
  return Status::kOk;
}

void Run(const OperatorView& op) {
  const int32_t n = op.inputs[0].dims[1], n_inner = op.inputs[0].dims[2];
  const int8_t* input = op.input_data<int8_t>();
  int32_t* output = op.output_data<int32_t>();
  for (int32_t outer = 0; outer < op.inputs[0].dims[0]; ++outer, input += n * n_inner) {
    for (int32_t inner = 0; inner < n_inner; ++inner) {
      int32_t best = 0;
      int8_t most = input[inner];
      for (int32_t i = 1; i < n; ++i) {
        const int8_t value = input[i * n_inner + inner];
        if (value > most) most = value, best = i;
      }
      *output++ = best;
    }
  }
}

}  // namespace

const Kernel kArgMaxKernel{OperatorCode::kArgMax, 1, sizeof(NoParams), Check, Run};

}  // namespace tinyhost
