#pragma once

#include <initializer_list>

#include "fixed_point.h"
#include "kernel.h"

namespace tinyhost {

/// True if the shapes are (n, m, k) and (n, p, k) to (n, m, p), all of the type; adds the steps to `work`.
TINYHOST_COLD inline bool FitsBatchMatmul(TensorType type, const OperatorView& op, uint64_t* work) {
  const TensorRecord &a = *op.inputs[0], &b = *op.inputs[1], &output = *op.output;
  for (const TensorRecord* tensor : {&a, &b, &output}) {
    if (tensor->type != type || tensor->rank != 3 || tensor->dims[0] != a.dims[0]) return false;
  }
  *work += ElementCount(output) * (2 + static_cast<uint64_t>(a.dims[2]));
  return a.dims[1] == output.dims[1] && b.dims[1] == output.dims[2] && a.dims[2] == b.dims[2];
}

/// `check` of every BATCH_MATMUL kernel of int8.
Status CheckBatchMatmul(const OperatorView& op, uint64_t* work);

/// Computes every output element, in order, with `product` from a row of each matrix, both of `depth` elements.
template <typename T, typename Function>
void RunBatchMatmulOf(const OperatorView& op, const Function& product) {
  const int32_t n_rows = op.output->dims[1], n_columns = op.output->dims[2], depth = op.inputs[0]->dims[2];
  const T* row = op.input_data<T>(0);
  const T* columns = op.input_data<T>(1);
  T* output = op.output_data<T>();
  for (int32_t n = 0; n < op.output->dims[0]; ++n, columns += n_columns * depth) {
    for (int32_t i = 0; i < n_rows; ++i, row += depth) {
      for (int32_t j = 0; j < n_columns; ++j) *output++ = product(row, columns + j * depth, depth);
    }
  }
}

/// `run` for a class Sums, which computes from a row of the first matrix and n rows of the second, all of `depth`
/// elements, the sums of products of their values minus the zero points, modulo 2^32.
template <typename Sums>
void RunBatchMatmul(const OperatorView& op) {
  const MulParams& p = *op.params<MulParams>();
  const int32_t n_rows = op.output->dims[1], n_columns = op.output->dims[2], depth = op.inputs[0]->dims[2];
  const Sums sums(op.inputs[0]->zero_point, op.inputs[1]->zero_point, depth);
  const int8_t* rows = op.input_data<int8_t>(0);
  const int8_t* columns = op.input_data<int8_t>(1);
  int8_t* output = op.output_data<int8_t>();
  for (int32_t n = 0; n < op.output->dims[0]; ++n, columns += n_columns * depth) {
    for (int32_t row = 0; row < n_rows; ++row, rows += depth) {
      for (int32_t column = 0; column < n_columns; column += Sums::kColumns, output += Sums::kColumns) {
        const int32_t n_left = n_columns - column;
        const int32_t n_now = n_left < Sums::kColumns ? n_left : Sums::kColumns;
        uint32_t found[Sums::kColumns];
        sums(rows, columns + column * depth, n_now, found);
        for (int32_t i = 0; i < n_now; ++i) {
          const int32_t scaled = MultiplyByQuantizedMultiplier(static_cast<int32_t>(found[i]), p.multiplier, p.shift);
          output[i] = static_cast<int8_t>(Clamp(WrappingAdd(scaled, op.output->zero_point), INT8_MIN, INT8_MAX));
        }
      }
      output -= (n_columns + Sums::kColumns - 1) / Sums::kColumns * Sums::kColumns - n_columns;
    }
  }
}

}  // namespace tinyhost
