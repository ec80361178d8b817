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

/// Rows of n outputs, as long as both inputs go on in one way; step_a and step_b are 0 where an input repeats.
struct Rows {
  const int8_t* a;
  const int8_t* b;
  int8_t* output;
  int32_t n;
  int32_t step_a;
  int32_t step_b;
  int32_t n_rows;
  int32_t next_a;  // from a row's start to the next one's
  int32_t next_b;
};

/// Runs all rows, some at a time, with both inputs broadcast to the output's shape. `context`: the function's own.
using RowsFunction = void (*)(const OperatorView& op, const Rows& rows, const void* context);
void ForEachRows(const OperatorView& op, RowsFunction function, const void* context);

/// The same, one row at a time.
using RowFunction = void (*)(const OperatorView& op, const int8_t* a, int32_t step_a, const int8_t* b, int32_t step_b,
                             int32_t n, int8_t* output);
void ForEachRow(const OperatorView& op, RowFunction function);

}  // namespace tinyhost
