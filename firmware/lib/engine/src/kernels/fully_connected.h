#pragma once

#include "kernel.h"

namespace tinyhost {

/// A FULLY_CONNECTED with an output of rank 1 or more, as the equivalent 1x1 CONV_2D: its pixels are the input's rows,
/// whatever the input's shape. Any other operator as it is.
class AsConv2d : public OperatorView {
 public:
  AsConv2d(const OperatorView& op, bool is_dense);
  AsConv2d(const AsConv2d&) = delete;

 private:
  TensorRecord rows_[2];  // of the input and of the output
};

/// `check` of every FULLY_CONNECTED kernel.
Status CheckFullyConnected(const OperatorView& op, uint64_t* work);

}  // namespace tinyhost
