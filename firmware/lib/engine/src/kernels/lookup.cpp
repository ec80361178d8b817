// Operators of one 8-bit input, as tables of 256: LOGISTIC, RELU, RELU6, QUANTIZE of a quantized tensor, DEQUANTIZE.

#include "kernel.h"

namespace tinyhost {

namespace {

constexpr int kTableSize = 256;

template <typename Output>
Status Check(const OperatorView& op, uint64_t* work) {
  const LookupParams* params = op.params<LookupParams>();
  const bool to_bytes = sizeof(Output) == 1;
  if (!params || !IsByte(op.inputs[0]) || IsByte(op.output) != to_bytes ||
      ElementCount(op.inputs[0]) != ElementCount(op.output) ||
      !op.image->Constants<Output>(params->table_offset, kTableSize)) {
    return Status::kImageParameter;
  }
  *work += ElementCount(op.output);
  return Status::kOk;
}

template <typename Output>
void Run(const OperatorView& op) {
  const Output* table = op.image->Constants<Output>(op.params<LookupParams>()->table_offset, kTableSize);
  const uint8_t* input = op.input_data<uint8_t>();
  Output* output = op.output_data<Output>();
  const size_t n = ElementCount(op.output);
  for (size_t i = 0; i < n; ++i) output[i] = table[input[i]];
}

}  // namespace

const Kernel kLogisticKernel{OperatorCode::kLogistic, 1, Check<uint8_t>, Run<uint8_t>};
const Kernel kReluKernel{OperatorCode::kRelu, 1, Check<uint8_t>, Run<uint8_t>};
const Kernel kRelu6Kernel{OperatorCode::kRelu6, 1, Check<uint8_t>, Run<uint8_t>};
const Kernel kRequantizeKernel{OperatorCode::kRequantize, 1, Check<uint8_t>, Run<uint8_t>};
const Kernel kDequantizeKernel{OperatorCode::kDequantize, 1, Check<float>, Run<float>};

}  // namespace tinyhost
