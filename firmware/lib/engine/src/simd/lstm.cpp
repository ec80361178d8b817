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

/// Scaling of any sum in seven instructions; multipliers are at least 2^30.
///
/// With m = 2 * multiplier, x * m / 2^32 rounded is SMMLAR(x, m - 2^32, x), which is TFLM's first rounding. Its second
/// one, for a shift n to the right, rounds halves away from zero: it shifts y + 2^(n-1), minus 1 where y is negative.
/// Shifting by n - 1 first and then by 1 cannot overflow.
class Rescale {
 public:
  Rescale() = default;
  Rescale(int32_t multiplier, int shift)
      : doubled_(static_cast<int32_t>(static_cast<uint32_t>(multiplier) << 1)),
        left_(shift > 0 ? shift : 0),
        all_but_one_(shift < 0 ? -shift - 1 : -1) {}

  int32_t operator()(int32_t sum) const {
    const int32_t x = WrappingShiftLeft(sum, left_), y = MultiplyHighAdd(x, doubled_, x);
    return all_but_one_ < 0 ? y : (((y + (y >> 31)) >> all_but_one_) + 1) >> 1;
  }
  static int32_t Saturated(int32_t x) { return SaturateToHalf(x); }

 private:
  int32_t doubled_ = 0;
  int left_ = 0;
  int all_but_one_ = 0;  // of the shift to the right; -1: no such shift
};

}  // namespace

const Kernel kUnidirectionalSequenceLstm{OperatorCode::kUnidirectionalSequenceLstm, 1, sizeof(LstmParams), CheckLstm,
                                         RunLstm<Products, Rescale>};

}  // namespace tinyhost::simd
