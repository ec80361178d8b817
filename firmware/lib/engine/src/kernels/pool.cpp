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

/// Positions from this one on, side by side, whose windows lie inside the input.
TINYHOST_COLD int32_t WholeWindows(const WindowAxis& axis, int32_t position) {
  const int32_t origin = position * axis.stride - axis.pad, last = axis.input - axis.filter;
  if (origin < 0 || origin > last) return 0;
  const int32_t n = (last - origin) / axis.stride + 1, left = axis.output - position;
  return n < left ? n : left;
}

int32_t AtLeastOne(int32_t n) { return n > 1 ? n : 1; }

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

TINYHOST_COLD void RunPool(const OperatorView& op, PoolFunction words) {
  const PoolParams& params = *op.params<PoolParams>();
  const WindowAxis rows = Rows(op, params);
  const WindowAxis columns = Columns(op, params);
  const int32_t depth = op.output.dims[3];
  const int32_t row_bytes = columns.input * depth;
  const int32_t beyond = depth < 4 ? 3 / depth : 0;  // pixels in which `words` may end
  const int8_t* image = op.input_data<int8_t>();
  int8_t* output = op.output_data<int8_t>();
  PoolWindow window{image,
                    0,
                    0,
                    row_bytes,
                    depth,
                    params.activation_min,
                    params.activation_max,
                    0,
                    columns.stride * depth,
                    1,
                    rows.stride * row_bytes,
                    op.record->code == OperatorCode::kMaxPool2d,
                    false};
  for (int32_t n = 0; n < op.output.dims[0]; ++n, image += rows.input * row_bytes) {
    for (int32_t y = 0; y < rows.output; y += window.n_rows) {
      const Taps ys = TapsInside(rows, y);
      const bool at_end = beyond > 0 && (y == rows.output - 1 || ys.origin + ys.last == rows.input);
      const int8_t* row = image + (ys.origin + ys.first) * row_bytes;
      window.height = ys.last - ys.first;
      for (int32_t x = 0; x < columns.output; x += window.n_pixels, output += window.n_pixels * window.n_rows * depth) {
        const Taps xs = TapsInside(columns, x);
        PoolFunction function = words;
        window.data = row + (xs.origin + xs.first) * depth;
        window.width = xs.last - xs.first;
        window.n_pixels = AtLeastOne(WholeWindows(columns, x));
        const bool narrow = window.height == 2 && window.width == 2 && depth <= 2 && columns.stride == 2;
        window.line = window.n_pixels * depth >= 4 && (columns.stride == 1 || narrow);
        const bool ends = !window.line && beyond > 0;
        window.n_rows = window.n_pixels < columns.output ? 1 : AtLeastOne(WholeWindows(rows, y) - (ends ? 1 : 0));
        if (ends && at_end) {
          const int32_t before_end = (columns.input - beyond - (xs.origin + xs.last) + columns.stride) / columns.stride;
          const int32_t before_last = columns.output - beyond - x;
          const int32_t most = before_end < before_last ? before_end : before_last;
          if (most < window.n_pixels && most > 0) window.n_pixels = most;
          if (most < 1) function = PoolChannels;
        }
        function(window, output);
      }
    }
  }
}

TINYHOST_COLD void PoolChannels(const PoolWindow& window, int8_t* output) {
  const int8_t *row = window.data, *data = row;
  const int32_t n_pixels = window.n_rows * window.n_pixels;
  for (int32_t n = 1; n <= n_pixels; ++n) {
    for (int32_t channel = 0; channel < window.depth; ++channel) {
      int32_t sum = 0, max = INT8_MIN;
      for (int32_t y = 0; y < window.height; ++y) {
        const int8_t* value = data + y * window.row_bytes + channel;
        for (int32_t x = 0; x < window.width; ++x, value += window.depth) {
          sum += *value;
          max = *value > max ? *value : max;
        }
      }
      const int32_t result = window.maximum ? max : RoundedMean(sum, window.height * window.width);
      *output++ = static_cast<int8_t>(Clamp(result, window.activation_min, window.activation_max));
    }
    data = n % window.n_pixels == 0 ? row += window.row_step : data + window.step;
  }
}

namespace {

void Run(const OperatorView& op) { RunPool(op, PoolChannels); }

}  // namespace

const Kernel kAveragePool2dKernel{OperatorCode::kAveragePool2d, 1, sizeof(PoolParams), CheckPool, Run};
const Kernel kMaxPool2dKernel{OperatorCode::kMaxPool2d, 1, sizeof(PoolParams), CheckPool, Run};

}  // namespace tinyhost
