// Operators with one 8-bit input, as tables of 256 entries: LOGISTIC, RELU, RELU6, QUANTIZE of a quantized tensor,
// DEQUANTIZE; LOOKUP stands for all others.

#include "kernel.h"

namespace tinyhost {

namespace {

constexpr int kTableSize = 256;

TINYHOST_COLD Status CheckTable(const OperatorView& op, bool to_bytes, uint64_t* work) {
  const LookupParams* params = op.params<LookupParams>();
  const size_t element_bytes = to_bytes ? 1 : sizeof(float);
  if (!IsByte(*op.inputs[0]) || IsByte(*op.output) != to_bytes ||
      ElementCount(*op.inputs[0]) != ElementCount(*op.output) || params->table_offset % element_bytes != 0 ||
      !op.image->Constants<uint8_t>(params->table_offset, kTableSize * element_bytes)) {
    return Status::kImageParameter;
  }
  *work += ElementCount(*op.output);
  return Status::kOk;
}

template <typename Output>
Status Check(const OperatorView& op, uint64_t* work) {
  return CheckTable(op, sizeof(Output) == 1, work);
}

template <typename Output>
void Run(const OperatorView& op) {
  const Output* table = op.image->Constants<Output>(op.params<LookupParams>()->table_offset, kTableSize);
  const uint8_t* input = op.input_data<uint8_t>();
  Output* output = op.output_data<Output>();
  const size_t n = ElementCount(*op.output);
  for (size_t i = 0; i < n; ++i) output[i] = table[input[i]];
}

}  // namespace

const Kernel kLogisticKernel{OperatorCode::kLogistic, 1, sizeof(LookupParams), Check<uint8_t>, Run<uint8_t>};
const Kernel kReluKernel{OperatorCode::kRelu, 1, sizeof(LookupParams), Check<uint8_t>, Run<uint8_t>};
const Kernel kRelu6Kernel{OperatorCode::kRelu6, 1, sizeof(LookupParams), Check<uint8_t>, Run<uint8_t>};
const Kernel kRequantizeKernel{OperatorCode::kRequantize, 1, sizeof(LookupParams), Check<uint8_t>, Run<uint8_t>};
const Kernel kDequantizeKernel{OperatorCode::kDequantize, 1, sizeof(LookupParams), Check<float>, Run<float>};
const Kernel kLookupKernel{OperatorCode::kLookup, 1, sizeof(LookupParams), Check<uint8_t>, Run<uint8_t>};

}  // namespace tinyhost
