// UNIDIRECTIONAL_SEQUENCE_LSTM with dual multiply-accumulate: a step's input and hidden state are unfolded to 16 bits
// once, then a unit's four gates run over them as a block of filters.

#include "../kernels/lstm.h"

#include "blocks.h"
#include "kernels.h"
#include "unfold.h"

namespace tinyhost::simd {

namespace {

class Products {
 public:
  Products(const GateMatrix& matrix, uint32_t* unfolded) : matrix_(matrix), unfolded_(unfolded) {}

  void Take(const int8_t* row) {
    const int32_t n_words = matrix_.depth / 4, n_tail = matrix_.depth % 4;
    UnfoldOnePatch(row, 2 * n_words, unfolded_);
    if (n_tail == 0) return;
    int8_t tail[4] = {};
    for (int32_t i = 0; i < n_tail; ++i) tail[i] = row[4 * n_words + i];
    UnfoldOnePatch(tail, 2, unfolded_ + 2 * n_words);
  }

  void Sums(int32_t unit, uint32_t sums[kGates]) const {
    const auto* weights = reinterpret_cast<const uint32_t*>(matrix_.weights.data + unit * matrix_.weights.block_bytes);
    SumBlock(weights, matrix_.weights.carried, unfolded_, matrix_.n_pairs, matrix_.biases + kGates * unit, sums);
  }

 private:
  const GateMatrix& matrix_;
  uint32_t* unfolded_;
};

}  // namespace

const Kernel kUnidirectionalSequenceLstm{OperatorCode::kUnidirectionalSequenceLstm, 1, sizeof(LstmParams), CheckLstm,
                                         RunLstm<Products>};

}  // namespace tinyhost::simd
