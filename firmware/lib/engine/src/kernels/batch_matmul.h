#pragma once

#include "fixed_point.h"
#include "kernel.h"

namespace tinyhost {

/// `check` of every BATCH_MATMUL kernel: (n, m, k) and (n, p, k) to (n, m, p), all int8.
Status CheckBatchMatmul(const OperatorView& op, uint64_t* work);

/// `run` with Sums, which makes of a row of the first matrix and n rows of the second, both of `depth` elements, the
/// sums of products of what is above the zero points, modulo 2^32.
template <typename Sums>
void RunBatchMatmul(const OperatorView& op) {
  const MulParams& p = *op.params<MulParams>();
  const int32_t n_rows = op.output.dims[1], n_columns = op.output.dims[2], depth = op.inputs[0].dims[2];
  const Sums sums(op.inputs[0].zero_point, op.inputs[1].zero_point, depth);
  const int8_t* rows = op.input_data<int8_t>(0);
  const int8_t* columns = op.input_data<int8_t>(1);
  int8_t* output = op.output_data<int8_t>();
  for (int32_t n = 0; n < op.output.dims[0]; ++n, columns += n_columns * depth) {
    for (int32_t row = 0; row < n_rows; ++row, rows += depth) {
      for (int32_t column = 0; column < n_columns; column += Sums::kColumns, output += Sums::kColumns) {
        const int32_t n_left = n_columns - column;
        const int32_t n_now = n_left < Sums::kColumns ? n_left : Sums::kColumns;
        uint32_t found[Sums::kColumns];
        sums(rows, columns + column * depth, n_now, found);
        for (int32_t i = 0; i < n_now; ++i) {
          const int32_t scaled = MultiplyByQuantizedMultiplier(static_cast<int32_t>(found[i]), p.multiplier, p.shift);
          output[i] = static_cast<int8_t>(Clamp(WrappingAdd(scaled, op.output.zero_point), INT8_MIN, INT8_MAX));
        }
      }
      output -= (n_columns + Sums::kColumns - 1) / Sums::kColumns * Sums::kColumns - n_columns;
    }
  }
}

}  // namespace tinyhost
