// INT16_POOL_2D: (n, h, w, c) -> (n, oh, ow, c), average or maximum; INT16_MEAN over height and width. Padding counts
// for neither.

#include "../kernels/fixed_point.h"
#include "../kernels/pool.h"
#include "../kernels/requantize.h"
#include "../kernels/window.h"
#include "kernels.h"

namespace tinyhost {

namespace {

WindowAxis Rows(const OperatorView& op, const Int16PoolParams& p) {
  return {op.inputs[0].dims[1], op.output.dims[1], p.filter_height, p.stride_height, 1, p.pad_top};
}

WindowAxis Columns(const OperatorView& op, const Int16PoolParams& p) {
  return {op.inputs[0].dims[2], op.output.dims[2], p.filter_width, p.stride_width, 1, p.pad_left};
}

TINYHOST_COLD Status Check(const OperatorView& op, uint64_t* work) {
  const Int16PoolParams& params = *op.params<Int16PoolParams>();
  const TensorView& input = op.inputs[0];
  // A sum of this many elements fits in 32 bits.
  const uint32_t n_taps = uint32_t{params.filter_height} * params.filter_width;
  if (!IsInt16(input) || !IsInt16(op.output) || input.rank != 4 || op.output.rank != 4 ||
      input.dims[0] != op.output.dims[0] || input.dims[3] != op.output.dims[3] || !Rows(op, params).Valid() ||
      !Columns(op, params).Valid() || params.kind > PoolKind::kMaximum || n_taps > UINT16_MAX ||
      params.activation_min > params.activation_max) {
    return Status::kImageParameter;
  }
  *work += ElementCount(op.output) * (uint64_t{n_taps} + 4);
  return Status::kOk;
}

/// What one output element sees: rows of a channel.
struct Window {
  const int16_t* data;
  int32_t height;
  int32_t width;
  int32_t row_step;
  int32_t step;
};

uint32_t Sum(const Window& window) {
  uint32_t sum = 0;
  for (int32_t y = 0; y < window.height; ++y) {
    const int16_t* value = window.data + y * window.row_step;
    for (int32_t x = 0; x < window.width; ++x, value += window.step) sum += static_cast<uint32_t>(int32_t{*value});
  }
  return sum;
}

int32_t Greatest(const Window& window) {
  int32_t greatest = INT16_MIN;
  for (int32_t y = 0; y < window.height; ++y) {
    const int16_t* value = window.data + y * window.row_step;
    for (int32_t x = 0; x < window.width; ++x, value += window.step) greatest = *value > greatest ? *value : greatest;
  }
  return greatest;
}

void Run(const OperatorView& op) {
  const Int16PoolParams params = *op.params<Int16PoolParams>();
  const WindowAxis rows = Rows(op, params), columns = Columns(op, params);
  const int32_t depth = op.output.dims[3], row_step = columns.input * depth;
  const bool is_average = params.kind == PoolKind::kAverage;
  const int16_t* image = op.input_data<int16_t>();
  int16_t* output = op.output_data<int16_t>();
  for (int32_t n = 0; n < op.output.dims[0]; ++n, image += rows.input * row_step) {
    for (int32_t y = 0; y < rows.output; ++y) {
      const Taps ys = TapsInside(rows, y);
      for (int32_t x = 0; x < columns.output; ++x) {
        const Taps xs = TapsInside(columns, x);
        const int16_t* first = image + (ys.origin + ys.first) * row_step + (xs.origin + xs.first) * depth;
        Window window{first, ys.last - ys.first, xs.last - xs.first, row_step, depth};
        const int32_t count = window.height * window.width;
        for (int32_t channel = 0; channel < depth; ++channel, ++window.data) {
          const int32_t value = is_average ? RoundedMean(static_cast<int32_t>(Sum(window)), count) : Greatest(window);
          *output++ = static_cast<int16_t>(Clamp(value, params.activation_min, params.activation_max));
        }
      }
    }
  }
}

TINYHOST_COLD Status CheckMean(const OperatorView& op, uint64_t* work) {
  const MeanParams& params = *op.params<MeanParams>();
  const TensorView& input = op.inputs[0];
  if (!IsInt16(input) || input.rank != 4 || !IsInt16(op.output) || params.multiplier < 0 ||
      !ShiftInRange(params.shift) ||
      ElementCount(op.output) != static_cast<size_t>(input.dims[0]) * static_cast<size_t>(input.dims[3])) {
    return Status::kImageParameter;
  }
  *work += ElementCount(input) + ElementCount(op.output);
  return Status::kOk;
}

void RunMean(const OperatorView& op) {
  const int32_t* dims = op.inputs[0].dims;
  const MeanParams params = *op.params<MeanParams>();
  const int16_t* image = op.input_data<int16_t>();
  int16_t* output = op.output_data<int16_t>();
  for (int32_t n = 0; n < dims[0]; ++n, image += dims[1] * dims[2] * dims[3]) {
    Window window{image, dims[1], dims[2], dims[2] * dims[3], dims[3]};
    for (int32_t channel = 0; channel < dims[3]; ++channel, ++window.data) {
      const int32_t sum = static_cast<int32_t>(Sum(window));
      const int32_t scaled = MultiplyByQuantizedMultiplier(sum, params.multiplier, params.shift);
      *output++ = static_cast<int16_t>(Clamp(scaled, INT16_MIN, INT16_MAX));
    }
  }
}

}  // namespace

const Kernel kInt16Pool2dKernel{OperatorCode::kInt16Pool2d, 1, sizeof(Int16PoolParams), Check, Run};
const Kernel kInt16MeanKernel{OperatorCode::kInt16Mean, 1, sizeof(MeanParams), CheckMean, RunMean};

}  // namespace tinyhost
