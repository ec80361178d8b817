#include "conv_window.h"

namespace tinyhost {

TINYHOST_COLD bool ValidConv(TensorType type, const OperatorView& op, const OperatorView& conv,
                             const ConvShape& shape) {
  if (op.inputs[0]->type != type || op.output->type != type || conv.inputs[0]->rank != 4 || conv.output->rank != 4 ||
      conv.inputs[0]->dims[0] != conv.output->dims[0] || ElementCount(*conv.inputs[0]) != ElementCount(*op.inputs[0]) ||
      !shape.rows.Valid() || !shape.columns.Valid() || shape.groups < 1 || shape.in_depth % shape.groups != 0 ||
      shape.out_depth % shape.groups != 0) {
    return false;
  }
  if (!shape.by_four() &&
      (shape.layout != WeightLayout::kRows || shape.groups != 1 || shape.out_depth % shape.in_depth != 0)) {
    return false;
  }
  // The weights of a block, whose runs are padded to whole words, can be counted in 32 bits.
  return shape.n_taps() * (shape.tap_depth() + 3) * ConvShape::kBlock <= kMaxTensorBytes;
}

}  // namespace tinyhost
