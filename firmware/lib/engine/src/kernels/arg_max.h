#pragma once

#include "kernel.h"

namespace tinyhost {

/// `check` of every ARG_MAX kernel: input of (outer, n, inner) of the type, output of outer * inner int32.
TINYHOST_COLD inline Status CheckArgMaxOf(TensorType type, const OperatorView& op, uint64_t* work) {
  const TensorRecord& input = *op.inputs[0];
  if (input.type != type || input.rank != 3 || op.output->type != TensorType::kInt32 ||
      ElementCount(*op.output) != static_cast<size_t>(input.dims[0]) * static_cast<size_t>(input.dims[2])) {
    return Status::kImageParameter;
  }
  *work += ElementCount(input);
  return Status::kOk;
}

/// Writes the index of the greatest element along the middle dimension, the first of equals.
template <typename T>
void RunArgMaxOf(const OperatorView& op) {
  const int32_t n = op.inputs[0]->dims[1], n_inner = op.inputs[0]->dims[2];
  const T* input = op.input_data<T>();
  int32_t* output = op.output_data<int32_t>();
  for (int32_t outer = 0; outer < op.inputs[0]->dims[0]; ++outer, input += n * n_inner) {
    for (int32_t inner = 0; inner < n_inner; ++inner) {
      int32_t best = 0;
      T most = input[inner];
      for (int32_t i = 1; i < n; ++i) {
        const T value = input[i * n_inner + inner];
        if (value > most) most = value, best = i;
      }
      *output++ = best;
    }
  }
}

}  // namespace tinyhost
