// MEAN over height and width: (n, h, w, c) -> n * c elements.

#include "mean.h"

#include "fixed_point.h"
#include "requantize.h"

namespace tinyhost {

TINYHOST_COLD Status CheckMean(const OperatorView& op, uint64_t* work) {
  const MeanParams* params = op.params<MeanParams>();
  const TensorRecord& input = *op.inputs[0];
  if (!IsInt8(input, 4) || op.output->type != TensorType::kInt8 || params->multiplier < 0 ||
      !ShiftInRange(params->shift) ||
      ElementCount(*op.output) != static_cast<size_t>(input.dims[0]) * static_cast<size_t>(input.dims[3])) {
    return Status::kImageParameter;
  }
  *work += ElementCount(input);
  return Status::kOk;
}

int8_t MeanOutput(const OperatorView& op, const MeanParams& params, uint32_t sum) {
  const int32_t scaled = MultiplyByQuantizedMultiplier(static_cast<int32_t>(sum), params.multiplier, params.shift);
  return static_cast<int8_t>(Clamp(WrappingAdd(scaled, op.output->zero_point), INT8_MIN, INT8_MAX));
}

namespace {

void Run(const OperatorView& op) {
  const MeanParams& params = *op.params<MeanParams>();
  const TensorRecord& input = *op.inputs[0];
  const int32_t n_pixels = input.dims[1] * input.dims[2];
  const int32_t depth = input.dims[3];
  const uint32_t offset = static_cast<uint32_t>(input.zero_point) * static_cast<uint32_t>(n_pixels);
  const int8_t* image = op.input_data<int8_t>();
  int8_t* output = op.output_data<int8_t>();
  for (int32_t n = 0; n < input.dims[0]; ++n, image += n_pixels * depth) {
    for (int32_t channel = 0; channel < depth; ++channel) {
      uint32_t sum = 0u - offset;
      const int8_t* pixel = image + channel;
      for (int32_t i = 0; i < n_pixels; ++i, pixel += depth) sum += static_cast<uint32_t>(static_cast<int32_t>(*pixel));
      *output++ = MeanOutput(op, params, sum);
    }
  }
}

}  // namespace

const Kernel kMeanKernel{OperatorCode::kMean, 1, sizeof(MeanParams), CheckMean, Run};

}  // namespace tinyhost
