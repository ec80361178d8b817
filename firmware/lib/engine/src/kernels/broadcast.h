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

/// Of n elements of both inputs.
using RowFunction = void (*)(const OperatorView& op, const int8_t* a, const int8_t* b, int32_t n, int8_t* output);

/// Rows of n elements, of which the outputs follow one another. An input has n elements for each row, `next` bytes
/// after those of the row before: n, or 0 where it repeats. Or one of them, `ones`, has one value for each row, side by
/// side, and the other one's rows follow one another.
struct Rows {
  const int8_t* inputs[2];
  int8_t* output;
  int32_t n;
  int32_t n_rows;
  int32_t next[2];
  int32_t ones;  // the input's index, or -1
};

/// The same of one input's bytes, whose rows follow one another, and of n words that were made of the other's.
struct WordRows {
  const int8_t* input;
  const int32_t* words;
  int8_t* output;
  int32_t n;
  int32_t n_rows;
};

/// How an operator runs rows: one by one, or all at once, those of inputs[`same`] that are all the same with words that
/// it makes of them once, and those with `ones`. What returns false has done nothing, as the parameters do not allow
/// it: as where there is no such function, these rows get copies of what repeats.
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
