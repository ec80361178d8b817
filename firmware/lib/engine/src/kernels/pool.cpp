// AVERAGE_POOL_2D and MAX_POOL_2D: (n, h, w, c) -> (n, oh, ow, c). Padding counts for neither.

#include "fixed_point.h"
#include "kernel.h"
#include "window.h"

namespace tinyhost {

namespace {

TINYHOST_COLD WindowAxis Rows(const OperatorView& op, const PoolParams& p) {
  return {op.inputs[0].dims[1], op.output.dims[1], p.filter_height, p.stride_height, 1, p.pad_top};
}

TINYHOST_COLD WindowAxis Columns(const OperatorView& op, const PoolParams& p) {
  return {op.inputs[0].dims[2], op.output.dims[2], p.filter_width, p.stride_width, 1, p.pad_left};
}

TINYHOST_COLD Status Check(const OperatorView& op, uint64_t* work) {
  const PoolParams* params = op.params<PoolParams>();
  const TensorView& input = op.inputs[0];
  if (!IsInt8(input, 4) || !IsInt8(op.output, 4) || input.dims[0] != op.output.dims[0] ||
      input.dims[3] != op.output.dims[3] || !Rows(op, *params).Valid() || !Columns(op, *params).Valid() ||
      params->activation_min > params->activation_max) {
    return Status::kImageParameter;
  }
  *work += ElementCount(op.output) * uint64_t{params->filter_height} * params->filter_width;
  return Status::kOk;
}

/// Mean of a channel over the window, halves rounded away from zero.
struct Average {
  int32_t sum = 0;
  void Add(int8_t value) { sum += value; }
  int32_t Result(int32_t count) const { return (sum > 0 ? sum + count / 2 : sum - count / 2) / count; }
};

struct Maximum {
  int32_t max = INT8_MIN;
  void Add(int8_t value) { max = value > max ? value : max; }
  int32_t Result(int32_t) const { return max; }
};

/// One output pixel, from the part of its window that lies inside the input.
struct Window {
  const int8_t* data;
  int32_t height;
  int32_t width;
  int32_t row_bytes;  // of the input
  int32_t depth;
};

using PixelFunction = void (*)(const Window& window, const PoolParams& params, int8_t* output);

template <typename Reducer>
void RunPixel(const Window& window, const PoolParams& params, int8_t* output) {
  for (int32_t channel = 0; channel < window.depth; ++channel) {
    Reducer reducer;
    const int8_t* row = window.data + channel;
    for (int32_t ky = window.height; ky > 0; --ky, row += window.row_bytes) {
      const int8_t* pixel = row;
      for (int32_t kx = window.width; kx > 0; --kx, pixel += window.depth) reducer.Add(*pixel);
    }
    const int32_t result = reducer.Result(window.height * window.width);
    *output++ = static_cast<int8_t>(Clamp(result, params.activation_min, params.activation_max));
  }
}

TINYHOST_COLD void ForEachPixel(const OperatorView& op, PixelFunction function) {
  const PoolParams& params = *op.params<PoolParams>();
  const WindowAxis rows = Rows(op, params);
  const WindowAxis columns = Columns(op, params);
  Window window{};
  window.depth = op.output.dims[3];
  window.row_bytes = columns.input * window.depth;
  const int8_t* image = op.input_data<int8_t>();
  int8_t* output = op.output_data<int8_t>();
  for (int32_t n = 0; n < op.output.dims[0]; ++n, image += rows.input * window.row_bytes) {
    for (int32_t y = 0; y < rows.output; ++y) {
      const Taps ys = TapsInside(rows, y);
      window.height = ys.last - ys.first;
      for (int32_t x = 0; x < columns.output; ++x, output += window.depth) {
        const Taps xs = TapsInside(columns, x);
        window.width = xs.last - xs.first;
        window.data = image + (ys.origin + ys.first) * window.row_bytes + (xs.origin + xs.first) * window.depth;
        function(window, params, output);
      }
    }
  }
}

template <typename Reducer>
void Run(const OperatorView& op) {
  ForEachPixel(op, RunPixel<Reducer>);
}

}  // namespace

const Kernel kAveragePool2dKernel{OperatorCode::kAveragePool2d, 1, sizeof(PoolParams), Check, Run<Average>};
const Kernel kMaxPool2dKernel{OperatorCode::kMaxPool2d, 1, sizeof(PoolParams), Check, Run<Maximum>};

}  // namespace tinyhost
