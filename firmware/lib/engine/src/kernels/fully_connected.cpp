// FULLY_CONNECTED: (..., k) * (o, k) -> (..., o); the input is read as rows of k elements, whatever its shape.

#include "fully_connected.h"

#include "conv_geometry.h"

namespace tinyhost {

TINYHOST_COLD AsConv2d::AsConv2d(const OperatorView& op, bool is_dense)
    : OperatorView(op), rows_{*op.inputs[0], *op.output} {
  if (!is_dense || op.output->rank == 0) return;
  const int32_t n_rows = static_cast<int32_t>(ElementCount(rows_[1])) / rows_[1].dims[rows_[1].rank - 1];
  for (TensorRecord& tensor : rows_) {
    tensor.dims[3] = static_cast<int32_t>(ElementCount(tensor)) / n_rows;
    tensor.dims[2] = n_rows;
    tensor.dims[0] = tensor.dims[1] = 1;
    tensor.rank = 4;
  }
  inputs[0] = &rows_[0];
  output = &rows_[1];
}

TINYHOST_COLD Status CheckFullyConnected(const OperatorView& op, uint64_t* work) {
  const ConvParams& params = *op.params<ConvParams>();
  if (op.output->rank < 1 || params.groups != 1 || params.filter_height != 1 || params.filter_width != 1) {
    return Status::kImageParameter;
  }
  const AsConv2d conv(op, true);
  if (ElementCount(*conv.inputs[0]) != ElementCount(*op.inputs[0])) return Status::kImageParameter;
  return CheckConv2d(conv, work);
}

namespace {

void Run(const OperatorView& op) { kConv2dKernel.run(AsConv2d(op, true)); }

}  // namespace

const Kernel kFullyConnectedKernel{OperatorCode::kFullyConnected, 1, sizeof(ConvParams), CheckFullyConnected, Run};

}  // namespace tinyhost
