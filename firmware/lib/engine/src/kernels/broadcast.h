#pragma once

#include <cstdint>

#include "kernel.h"

namespace tinyhost {

/// A shape of rank 4: the tensor's own, with ones in front.
struct Shape4 {
  int32_t dims[4];
};

Shape4 ExtendShape(const TensorView& tensor);

/// Elements from one index of a dimension to the next; 0 where the tensor repeats.
Shape4 BroadcastStrides(const TensorView& tensor);

/// True if both inputs broadcast to the output.
bool BothBroadcast(const OperatorView& op);

/// That, and all three are int8.
bool ValidBroadcast(const OperatorView& op);

/// Every output element, in order, is Function::Value(parameters, a, b) of its two inputs.
template <typename Function, typename First, typename Second, typename Output = First>
inline void RunBroadcast(const OperatorView& op) {
  const typename Function::Params p = *op.params<typename Function::Params>();
  const Shape4 out = ExtendShape(op.output);
  const Shape4 sa = BroadcastStrides(op.inputs[0]), sb = BroadcastStrides(op.inputs[1]);
  Output* output = op.output_data<Output>();
  for (int32_t i = 0; i < out.dims[0]; ++i) {
    for (int32_t j = 0; j < out.dims[1]; ++j) {
      for (int32_t k = 0; k < out.dims[2]; ++k) {
        const First* a = op.input_data<First>(0) + i * sa.dims[0] + j * sa.dims[1] + k * sa.dims[2];
        const Second* b = op.input_data<Second>(1) + i * sb.dims[0] + j * sb.dims[1] + k * sb.dims[2];
        for (int32_t n = out.dims[3]; n > 0; --n, a += sa.dims[3], b += sb.dims[3]) {
          *output++ = Function::Value(p, *a, *b);
        }
      }
    }
  }
}

/// Runs all outputs in order, row by row: n elements of both inputs, broadcast to the output's shape.
using RowFunction = void (*)(const OperatorView& op, const int8_t* a, const int8_t* b, int32_t n, int8_t* output);
void ForEachRow(const OperatorView& op, RowFunction function);

}  // namespace tinyhost
