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

TINYHOST_COLD void RunPool(const OperatorView& op, PoolFunction words, PoolFunction channels) {
  const PoolParams& params = *op.params<PoolParams>();
  const WindowAxis rows = Rows(op, params);
  const WindowAxis columns = Columns(op, params);
  const int32_t depth = op.output.dims[3];
  const int32_t row_bytes = columns.input * depth;
  const int32_t end_whole = columns.input + columns.pad - columns.filter;  // the last place of a whole window
  const int8_t* image = op.input_data<int8_t>();
  int8_t* output = op.output_data<int8_t>();
  PoolWindow window{
      image, 0, 0, row_bytes, depth, params.activation_min, params.activation_max, 0, columns.stride * depth};
  for (int32_t n = 0; n < op.output.dims[0]; ++n, image += rows.input * row_bytes) {
    for (int32_t y = 0; y < rows.output; ++y) {
      const Taps ys = TapsInside(rows, y);
      const bool at_end = y == rows.output - 1 || ys.origin + ys.last == rows.input;
      const PoolFunction function = depth < 4 && at_end ? channels : words;
      const int8_t* row = image + (ys.origin + ys.first) * row_bytes;
      window.height = ys.last - ys.first;
      for (int32_t x = 0; x < columns.output; x += window.n_pixels, output += window.n_pixels * depth) {
        const Taps xs = TapsInside(columns, x);
        window.data = row + (xs.origin + xs.first) * depth;
        window.width = xs.last - xs.first;
        window.n_pixels = 1;
        if (window.width == columns.filter) {
          window.n_pixels = (end_whole - x * columns.stride) / columns.stride + 1;
          if (window.n_pixels > columns.output - x) window.n_pixels = columns.output - x;
        }
        function(window, output);
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
void RunPixels(const PoolWindow& window, int8_t* output) {
  const int8_t* data = window.data;
  for (int32_t n = window.n_pixels; n > 0; --n, data += window.step, output += window.depth) {
    for (int32_t channel = 0; channel < window.depth; ++channel) {
      Reducer reducer;
      for (int32_t y = 0; y < window.height; ++y) {
        const int8_t* value = data + y * window.row_bytes + channel;
        for (int32_t x = 0; x < window.width; ++x, value += window.depth) reducer.Add(*value);
      }
      const int32_t result = reducer.Result(window.height * window.width);
      output[channel] = static_cast<int8_t>(Clamp(result, window.activation_min, window.activation_max));
    }
  }
}

void RunAverage(const OperatorView& op) { RunPool(op, AverageChannels, AverageChannels); }

void RunMaximum(const OperatorView& op) { RunPool(op, MaximumChannels, MaximumChannels); }

}  // namespace

void AverageChannels(const PoolWindow& window, int8_t* output) { RunPixels<Average>(window, output); }

void MaximumChannels(const PoolWindow& window, int8_t* output) { RunPixels<Maximum>(window, output); }

const Kernel kAveragePool2dKernel{OperatorCode::kAveragePool2d, 1, sizeof(PoolParams), CheckPool, RunAverage};
const Kernel kMaxPool2dKernel{OperatorCode::kMaxPool2d, 1, sizeof(PoolParams), CheckPool, RunMaximum};

}  // namespace tinyhost
