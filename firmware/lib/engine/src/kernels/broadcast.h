#pragma once

#include <cstdint>

#include "kernel.h"

namespace tinyhost {

/// A shape of rank 4: the tensor's own, with ones in front.
struct Shape4 {
  int32_t dims[4];
};

Shape4 ExtendShape(const TensorRecord& tensor);

/// The distance in elements from one index of a dimension to the next; 0 where the tensor repeats.
Shape4 BroadcastStrides(const TensorRecord& tensor);

/// True if both inputs broadcast to the output.
bool BothBroadcast(const OperatorView& op);

/// True if both inputs broadcast to the output and all three are int8.
bool ValidBroadcast(const OperatorView& op);

/// Sets every output element, in order, to Function::Value(parameters, a, b) of its two inputs.
template <typename Function, typename First, typename Second, typename Output = First>
inline void RunBroadcast(const OperatorView& op) {
  const typename Function::Params p = *op.params<typename Function::Params>();
  const Shape4 out = ExtendShape(*op.output);
  const Shape4 sa = BroadcastStrides(*op.inputs[0]), sb = BroadcastStrides(*op.inputs[1]);
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

/// Computes n outputs from n elements of each input.
using RowFunction = void (*)(const OperatorView& op, const int8_t* a, const int8_t* b, int32_t n, int8_t* output);

/// Rows of n elements, with consecutive outputs. Either each input has n elements per row, and `next` is the distance
/// from one row to the next: n, or 0 if the row repeats. Or one input, `ones`, has a single value per row, one after
/// the other, and the rows of the other input are consecutive.
struct Rows {
  const int8_t* inputs[2];
  int8_t* output;
  int32_t n;
  int32_t n_rows;
  int32_t next[2];
  int32_t ones;  // the input's index, or -1
};

/// The same for one input, whose rows are consecutive, and n words that were computed from the other one.
struct WordRows {
  const int8_t* input;
  const int32_t* words;
  int8_t* output;
  int32_t n;
  int32_t n_rows;
};

/// How an operator runs rows: `each` runs a single row, `all` many. `of_words` runs rows that are equal in
/// inputs[`same`], from words that `make_words` computes once from such a row; `of_ones` runs rows with `ones`. A
/// function that returns false has done nothing, because the parameters do not allow it. Then, and if there is no such
/// function, the rows get copies of what repeats.
struct RowsKernel {
  RowFunction each;
  void (*all)(const OperatorView& op, const Rows& rows) = nullptr;
  bool (*make_words)(const OperatorView& op, int same, const int8_t* from, int32_t n, int32_t* to) = nullptr;
  void (*of_words)(const OperatorView& op, int same, const WordRows& rows) = nullptr;
  bool (*of_ones)(const OperatorView& op, const Rows& rows) = nullptr;
};

/// Runs all outputs in order. Inputs are broadcast to the output's shape.
void ForEachRow(const OperatorView& op, const RowsKernel& kernel);

}  // namespace tinyhost
