// CONCATENATION of tensors along one axis; all have the output's type and quantization.

#include <cstring>

#include "kernel.h"

namespace tinyhost {

namespace {

/// Product of dims[first..last).
TINYHOST_COLD int32_t Product(const TensorRecord& tensor, int first, int last) {
  int32_t product = 1;
  for (int i = first; i < last; ++i) product *= tensor.dims[i];
  return product;
}

TINYHOST_COLD Status Check(const OperatorView& op, uint64_t* work) {
  const ConcatenationParams* params = op.params<ConcatenationParams>();
  const TensorRecord& output = *op.output;
  if (params->axis >= output.rank) return Status::kImageParameter;
  int64_t total = 0;
  for (int i = 0; i < op.record->n_inputs; ++i) {
    const TensorRecord& input = *op.inputs[i];
    if (input.type != output.type || input.rank != output.rank) return Status::kImageParameter;
    for (int d = 0; d < output.rank; ++d) {
      if (d != params->axis && input.dims[d] != output.dims[d]) return Status::kImageParameter;
    }
    total += input.dims[params->axis];
  }
  if (total != output.dims[params->axis]) return Status::kImageParameter;
  *work += ByteCount(output) +
           static_cast<uint64_t>(op.record->n_inputs) * static_cast<uint64_t>(Product(output, 0, params->axis));
  return Status::kOk;
}

TINYHOST_COLD void Run(const OperatorView& op) {
  const int axis = op.params<ConcatenationParams>()->axis;
  const int32_t n_outer = Product(*op.output, 0, axis);
  const int32_t element_bytes = static_cast<int32_t>(ElementBytes(op.output->type));
  const int32_t out_row = Product(*op.output, axis, op.output->rank) * element_bytes;
  int8_t* column = op.output_data<int8_t>();
  for (int i = 0; i < op.record->n_inputs; ++i) {
    const int32_t row = Product(*op.inputs[i], axis, op.output->rank) * element_bytes;
    const int8_t* source = op.input_data<int8_t>(static_cast<size_t>(i));
    int8_t* target = column;
    for (int32_t outer = 0; outer < n_outer; ++outer, source += row, target += out_row) {
      std::memmove(target, source, static_cast<size_t>(row));
    }
    column += row;
  }
}

}  // namespace

const Kernel kConcatenationKernel{OperatorCode::kConcatenation, 0, sizeof(ConcatenationParams), Check, Run};

}  // namespace tinyhost
