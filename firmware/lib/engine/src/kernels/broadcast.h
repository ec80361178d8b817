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

/// True if both inputs are int8 and broadcast to the int8 output.
bool ValidBroadcast(const OperatorView& op);

/// One row of n outputs along the last dimension; step_a and step_b are 0 where an input repeats.
using RowFunction = void (*)(const OperatorView& op, const int8_t* a, int32_t step_a, const int8_t* b, int32_t step_b,
                             int32_t n, int8_t* output);

/// Runs all rows, with both inputs broadcast to the output's shape.
void ForEachRow(const OperatorView& op, RowFunction function);

}  // namespace tinyhost
