// FULLY_CONNECTED with dual multiply-accumulate: as a 1x1 convolution whose pixels are the input's rows.

#include "../kernels/fully_connected.h"

#include "kernels.h"

namespace tinyhost::simd {

namespace {

void Run(const OperatorView& op) { kConv2d.run(AsConv2d(op)); }

}  // namespace

const Kernel kFullyConnected{OperatorCode::kFullyConnected, 1, sizeof(ConvParams), CheckFullyConnected, Run};

}  // namespace tinyhost::simd
