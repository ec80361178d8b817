// PAD of a tensor with bytes of one value.

#include <cstring>

#include "broadcast.h"
#include "kernel.h"

namespace tinyhost {

namespace {

TINYHOST_COLD Status Check(const OperatorView& op, uint64_t* work) {
  const PadParams* params = op.params<PadParams>();
  if (op.inputs[0]->type != op.output->type || op.inputs[0]->rank != op.output->rank) return Status::kImageParameter;
  const Shape4 in = ExtendShape(*op.inputs[0]);
  const Shape4 out = ExtendShape(*op.output);
  for (int d = 0; d < 4; ++d) {
    if (int64_t{params->before[d]} + in.dims[d] > out.dims[d]) return Status::kImageParameter;
  }
  *work += 2 * ByteCount(*op.output);
  return Status::kOk;
}

TINYHOST_COLD void Run(const OperatorView& op) {
  const PadParams& params = *op.params<PadParams>();
  const Shape4 in = ExtendShape(*op.inputs[0]);
  const Shape4 out = ExtendShape(*op.output);
  const int32_t element_bytes = static_cast<int32_t>(ElementBytes(op.output->type));
  const int32_t row_bytes = in.dims[3] * element_bytes;
  const int8_t* source = op.input_data<int8_t>();
  int8_t* output = op.output_data<int8_t>();
  std::memset(output, static_cast<unsigned char>(params.value), ByteCount(*op.output));
  for (int32_t i = 0; i < in.dims[0]; ++i) {
    for (int32_t j = 0; j < in.dims[1]; ++j) {
      for (int32_t k = 0; k < in.dims[2]; ++k, source += row_bytes) {
        const int32_t row =
            ((i + params.before[0]) * out.dims[1] + j + params.before[1]) * out.dims[2] + k + params.before[2];
        std::memmove(output + (row * out.dims[3] + params.before[3]) * element_bytes, source,
                     static_cast<size_t>(row_bytes));
      }
    }
  }
}

}  // namespace

const Kernel kPadKernel{OperatorCode::kPad, 1, sizeof(PadParams), Check, Run};

}  // namespace tinyhost
