// AVERAGE_POOL_2D and MAX_POOL_2D: (n, h, w, c) -> (n, oh, ow, c). Padding counts for neither.

#include "pool.h"

#include "fixed_point.h"
#include "window.h"

namespace tinyhost {

namespace {

WindowAxis Rows(const OperatorView& op, const PoolParams& p) {
  return {op.inputs[0].dims[1], op.output.dims[1], p.filter_height, p.stride_height, 1, p.pad_top};
}

WindowAxis Columns(const OperatorView& op, const PoolParams& p) {
  return {op.inputs[0].dims[2], op.output.dims[2], p.filter_width, p.stride_width, 1, p.pad_left};
}

}  // namespace

TINYHOST_COLD Status CheckPool(const OperatorView& op, uint64_t* work) {
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

TINYHOST_COLD void RunPool(const OperatorView& op, void (*pixel)(const PoolWindow& window, int8_t* output)) {
  const PoolParams& params = *op.params<PoolParams>();
  const WindowAxis rows = Rows(op, params);
  const WindowAxis columns = Columns(op, params);
  const int32_t depth = op.output.dims[3];
  const int32_t row_bytes = columns.input * depth;
  const int8_t* image = op.input_data<int8_t>();
  int8_t* output = op.output_data<int8_t>();
  for (int32_t n = 0; n < op.output.dims[0]; ++n, image += rows.input * row_bytes) {
    for (int32_t y = 0; y < rows.output; ++y) {
      const Taps ys = TapsInside(rows, y);
      const int8_t* row = image + (ys.origin + ys.first) * row_bytes;
      PoolWindow window{row, ys.last - ys.first, 0, row_bytes, depth, params.activation_min, params.activation_max};
      for (int32_t x = 0; x < columns.output; ++x, output += depth) {
        int32_t first = x * columns.stride - columns.pad, last = first + columns.filter;
        if (first < 0) first = 0;
        if (last > columns.input) last = columns.input;
        window.data = row + first * depth;
        window.width = last - first;
        pixel(window, output);
      }
    }
  }
}

namespace {

struct Average {
  int32_t sum = 0;
  void Add(int8_t value) { sum += value; }
  int32_t Result(int32_t count) const { return RoundedMean(sum, count); }
};

struct Maximum {
  int32_t max = INT8_MIN;
  void Add(int8_t value) { max = value > max ? value : max; }
  int32_t Result(int32_t) const { return max; }
};

template <typename Reducer>
void RunPixel(const PoolWindow& window, int8_t* output) {
  for (int32_t channel = 0; channel < window.depth; ++channel) {
    Reducer reducer;
    for (int32_t y = 0; y < window.height; ++y) {
      const int8_t* value = window.data + y * window.row_bytes + channel;
      for (int32_t x = 0; x < window.width; ++x, value += window.depth) reducer.Add(*value);
    }
    const int32_t result = reducer.Result(window.height * window.width);
    output[channel] = static_cast<int8_t>(Clamp(result, window.activation_min, window.activation_max));
  }
}

void RunAverage(const OperatorView& op) { RunPool(op, AverageChannels); }

void RunMaximum(const OperatorView& op) { RunPool(op, MaximumChannels); }

}  // namespace

void AverageChannels(const PoolWindow& window, int8_t* output) { RunPixel<Average>(window, output); }

void MaximumChannels(const PoolWindow& window, int8_t* output) { RunPixel<Maximum>(window, output); }

const Kernel kAveragePool2dKernel{OperatorCode::kAveragePool2d, 1, sizeof(PoolParams), CheckPool, RunAverage};
const Kernel kMaxPool2dKernel{OperatorCode::kMaxPool2d, 1, sizeof(PoolParams), CheckPool, RunMaximum};

}  // namespace tinyhost
