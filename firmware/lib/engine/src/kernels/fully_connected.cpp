// FULLY_CONNECTED: (..., k) * (o, k) -> (..., o); the input is read as rows of k elements, whatever its shape.

#include "requantize.h"

namespace tinyhost {

namespace {

Status Check(const OperatorView& op, uint64_t* work) {
  const FullyConnectedParams* params = op.params<FullyConnectedParams>();
  const TensorView& input = op.inputs[0];
  if (!params || input.type != TensorType::kInt8 || op.output.type != TensorType::kInt8 || op.output.rank < 1 ||
      params->layout != WeightLayout::kPlain) {
    return Status::kImageParameter;
  }
  const int32_t depth = op.output.dims[op.output.rank - 1];
  const size_t n_rows = ElementCount(op.output) / static_cast<size_t>(depth);
  if (ElementCount(input) % n_rows != 0) return Status::kImageParameter;
  const uint64_t row_size = ElementCount(input) / n_rows;
  if (!ValidRequantizer(MakeRequantizer(op, *params, static_cast<uint32_t>(depth)), depth) ||
      !op.image->Constants<int8_t>(params->weights_offset, row_size * static_cast<uint32_t>(depth))) {
    return Status::kImageParameter;
  }
  *work += ElementCount(op.output) * row_size;
  return Status::kOk;
}

void Run(const OperatorView& op) {
  const FullyConnectedParams& params = *op.params<FullyConnectedParams>();
  const int32_t depth = op.output.dims[op.output.rank - 1];
  const int32_t n_rows = static_cast<int32_t>(ElementCount(op.output)) / depth;
  const int32_t row_size = static_cast<int32_t>(ElementCount(op.inputs[0])) / n_rows;
  const Requantizer requantizer = MakeRequantizer(op, params, static_cast<uint32_t>(depth));
  const int8_t* weights = op.image->Constants<int8_t>(params.weights_offset, 0);
  const int8_t* input = op.input_data<int8_t>();
  int8_t* output = op.output_data<int8_t>();
  for (int32_t row = 0; row < n_rows; ++row, input += row_size, output += depth) {
    for (int32_t first = 0; first < depth; first += FilterBlock::kSize) {
      FilterBlock block(weights, row_size, first, depth);
      block.Accumulate(input, 0, row_size);
      StoreBlock(block, requantizer, first, depth, output);
    }
  }
}

}  // namespace

const Kernel kFullyConnectedKernel{OperatorCode::kFullyConnected, 1, Check, Run};

}  // namespace tinyhost
