// FLOAT_POOL_2D: (n, h, w, c) -> (n, oh, ow, c), average or maximum; FLOAT_MEAN over height and width. Padding counts
// for neither.

#include <limits>

#include "../kernels/window.h"
#include "kernels.h"

namespace tinyhost {

namespace {

WindowAxis Rows(const OperatorView& op, const FloatPoolParams& p) {
  return {op.inputs[0].dims[1], op.output.dims[1], p.filter_height, p.stride_height, 1, p.pad_top};
}

WindowAxis Columns(const OperatorView& op, const FloatPoolParams& p) {
  return {op.inputs[0].dims[2], op.output.dims[2], p.filter_width, p.stride_width, 1, p.pad_left};
}

TINYHOST_COLD Status Check(const OperatorView& op, uint64_t* work) {
  const FloatPoolParams& params = *op.params<FloatPoolParams>();
  const TensorView& input = op.inputs[0];
  if (!IsFloat(input) || !IsFloat(op.output) || input.rank != 4 || op.output.rank != 4 ||
      input.dims[0] != op.output.dims[0] || input.dims[3] != op.output.dims[3] || !Rows(op, params).Valid() ||
      !Columns(op, params).Valid() || params.kind > PoolKind::kMaximum) {
    return Status::kImageParameter;
  }
  *work += ElementCount(op.output) * (uint64_t{params.filter_height} * params.filter_width + 4);
  return Status::kOk;
}

/// What one output element sees: rows of a channel.
struct Window {
  const float* data;
  int32_t height;
  int32_t width;
  int32_t row_step;
  int32_t step;
};

float Sum(const Window& window) {
  float sum = 0;
  for (int32_t y = 0; y < window.height; ++y) {
    const float* value = window.data + y * window.row_step;
    for (int32_t x = 0; x < window.width; ++x, value += window.step) sum += *value;
  }
  return sum;
}

float Greatest(const Window& window) {
  float greatest = std::numeric_limits<float>::lowest();
  for (int32_t y = 0; y < window.height; ++y) {
    const float* value = window.data + y * window.row_step;
    for (int32_t x = 0; x < window.width; ++x, value += window.step) greatest = greatest < *value ? *value : greatest;
  }
  return greatest;
}

void Run(const OperatorView& op) {
  const FloatPoolParams& params = *op.params<FloatPoolParams>();
  const WindowAxis rows = Rows(op, params), columns = Columns(op, params);
  const int32_t depth = op.output.dims[3], row_step = columns.input * depth;
  const bool is_average = params.kind == PoolKind::kAverage;
  const float* image = op.input_data<float>();
  float* output = op.output_data<float>();
  for (int32_t n = 0; n < op.output.dims[0]; ++n, image += rows.input * row_step) {
    for (int32_t y = 0; y < rows.output; ++y) {
      const Taps ys = TapsInside(rows, y);
      for (int32_t x = 0; x < columns.output; ++x) {
        const Taps xs = TapsInside(columns, x);
        const float* first = image + (ys.origin + ys.first) * row_step + (xs.origin + xs.first) * depth;
        Window window{first, ys.last - ys.first, xs.last - xs.first, row_step, depth};
        const float count = static_cast<float>(window.height * window.width);
        for (int32_t channel = 0; channel < depth; ++channel, ++window.data) {
          const float value = is_average ? Sum(window) / count : Greatest(window);
          *output++ = ClampFloat(value, params.activation_min, params.activation_max);
        }
      }
    }
  }
}

TINYHOST_COLD Status CheckMean(const OperatorView& op, uint64_t* work) {
  const TensorView& input = op.inputs[0];
  if (!IsFloat(input) || input.rank != 4 || !IsFloat(op.output) ||
      ElementCount(op.output) != static_cast<size_t>(input.dims[0]) * static_cast<size_t>(input.dims[3])) {
    return Status::kImageParameter;
  }
  *work += ElementCount(input) + ElementCount(op.output);
  return Status::kOk;
}

void RunMean(const OperatorView& op) {
  const int32_t* dims = op.inputs[0].dims;
  const float divisor = op.params<FloatMeanParams>()->divisor;
  const float* image = op.input_data<float>();
  float* output = op.output_data<float>();
  for (int32_t n = 0; n < dims[0]; ++n, image += dims[1] * dims[2] * dims[3]) {
    Window window{image, dims[1], dims[2], dims[2] * dims[3], dims[3]};
    for (int32_t channel = 0; channel < dims[3]; ++channel, ++window.data) *output++ = Sum(window) / divisor;
  }
}

}  // namespace

const Kernel kFloatPool2dKernel{OperatorCode::kFloatPool2d, 1, sizeof(FloatPoolParams), Check, Run};
const Kernel kFloatMeanKernel{OperatorCode::kFloatMean, 1, sizeof(FloatMeanParams), CheckMean, RunMean};

}  // namespace tinyhost
