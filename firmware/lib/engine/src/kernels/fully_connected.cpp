// FULLY_CONNECTED: (..., k) * (o, k) -> (..., o); the input is read as rows of k elements, whatever its shape.

#include "fully_connected.h"

#include "conv_geometry.h"

namespace tinyhost {

TINYHOST_COLD OperatorView AsConv2d(const OperatorView& op) {
  const int32_t depth = op.output.dims[op.output.rank - 1];
  const int32_t n_rows = static_cast<int32_t>(ElementCount(op.output)) / depth;
  OperatorView conv;
  conv.image = op.image;
  conv.record = op.record;
  conv.arena = op.arena;
  conv.record_params = op.record_params;
  conv.inputs[0] = op.inputs[0];
  conv.output = op.output;
  const auto reshape = [=](TensorView& tensor, int32_t row) {
    tensor.rank = 4;
    tensor.dims[0] = tensor.dims[1] = 1;
    tensor.dims[2] = n_rows;
    tensor.dims[3] = row;
  };
  reshape(conv.inputs[0], static_cast<int32_t>(ElementCount(op.inputs[0])) / n_rows);
  reshape(conv.output, depth);
  return conv;
}

TINYHOST_COLD Status CheckFullyConnected(const OperatorView& op, uint64_t* work) {
  const ConvParams& params = *op.params<ConvParams>();
  if (op.output.rank < 1 || params.groups != 1 || params.filter_height != 1 || params.filter_width != 1) {
    return Status::kImageParameter;
  }
  const OperatorView conv = AsConv2d(op);
  if (ElementCount(conv.inputs[0]) != ElementCount(op.inputs[0])) return Status::kImageParameter;
  return CheckConv2d(conv, work);
}

namespace {

void Run(const OperatorView& op) { kConv2dKernel.run(AsConv2d(op)); }

}  // namespace

const Kernel kFullyConnectedKernel{OperatorCode::kFullyConnected, 1, sizeof(ConvParams), CheckFullyConnected, Run};

}  // namespace tinyhost
