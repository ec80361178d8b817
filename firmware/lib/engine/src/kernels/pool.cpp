// AVERAGE_POOL_2D and MAX_POOL_2D: (n, h, w, c) -> (n, oh, ow, c). Neither counts padding.

#include "pool.h"

#include "fixed_point.h"
#include "window.h"

namespace tinyhost {

namespace {

WindowAxis Rows(const OperatorView& op, const PoolParams& p) {
  return {op.inputs[0]->dims[1], op.output->dims[1], p.filter_height, p.stride_height, 1, p.pad_top};
}

WindowAxis Columns(const OperatorView& op, const PoolParams& p) {
  return {op.inputs[0]->dims[2], op.output->dims[2], p.filter_width, p.stride_width, 1, p.pad_left};
}

/// Positions [first, end) whose windows lie inside the input; none if end <= first.
struct Whole {
  explicit Whole(const WindowAxis& axis)
      : first((axis.pad + axis.stride - 1) / axis.stride),
        end((axis.input + axis.pad - axis.filter) / axis.stride + 1) {
    if (axis.input + axis.pad < axis.filter) end = 0;
    if (end > axis.output) end = axis.output;
  }
  /// Number of positions from this one on that are inside; 1 if this one is not.
  int32_t From(int32_t position) const { return position >= first && position < end ? end - position : 1; }
  int32_t first;
  int32_t end;
};

}  // namespace

TINYHOST_COLD Status CheckPool(const OperatorView& op, uint64_t* work) {
  const PoolParams* params = op.params<PoolParams>();
  const TensorRecord& input = *op.inputs[0];
  if (!IsInt8(input, 4) || !IsInt8(*op.output, 4) || input.dims[0] != op.output->dims[0] ||
      input.dims[3] != op.output->dims[3] || !Rows(op, *params).Valid() || !Columns(op, *params).Valid() ||
      params->activation_min > params->activation_max) {
    return Status::kImageParameter;
  }
  *work += ElementCount(*op.output) * uint64_t{params->filter_height} * params->filter_width;
  return Status::kOk;
}

TINYHOST_COLD void RunPool(const OperatorView& op, PoolFunction words) {
  const PoolParams& params = *op.params<PoolParams>();
  const WindowAxis rows = Rows(op, params), columns = Columns(op, params);
  const Whole whole_rows(rows), whole_columns(columns);
  const int32_t depth = op.output->dims[3];
  const int32_t row_bytes = columns.input * depth;
  const int32_t beyond = depth < 4 ? 3 / depth : 0;  // pixels into which `words` may reach
  const int32_t output_bytes = columns.output * depth;
  if (depth < 4 && (row_bytes < 3 || output_bytes < 3))
    words = PoolChannels;  // otherwise they would reach over the next row
  const int8_t* image = op.input_data<int8_t>();
  int8_t* output = op.output_data<int8_t>();
  PoolWindow window;
  window.depth = depth;
  window.activation_min = params.activation_min;
  window.activation_max = params.activation_max;
  window.step = columns.stride * depth;
  window.row_step = rows.stride * row_bytes;
  window.maximum = op.record->code == OperatorCode::kMaxPool2d;
  window.row_bytes = row_bytes;
  const bool whole = columns.pad + rows.pad == 0 && whole_columns.end == columns.output;
  for (int32_t n = 0; n < op.output->dims[0]; ++n, image += rows.input * row_bytes) {
    for (int32_t y = 0; y < rows.output; y += window.n_rows) {
      const Taps ys = TapsInside(rows, y);
      const bool at_end = beyond > 0 && (y == rows.output - 1 || ys.origin + ys.last == rows.input);
      const int8_t* row = image + (ys.origin + ys.first) * row_bytes;
      window.height = ys.last - ys.first;
      for (int32_t x = 0; x < columns.output;) {
        const Taps xs = TapsInside(columns, x);
        const int32_t end_of_window = xs.origin + xs.last;
        PoolFunction function = words;
        window.data = row + (xs.origin + xs.first) * depth;
        window.width = xs.last - xs.first;
        window.n_pixels = whole_columns.From(x);
        window.line = window.n_pixels * depth >= 4 && columns.stride == 1;
        const bool ends = !window.line && beyond > 0;
        window.n_rows = whole && y < whole_rows.end - ends ? whole_rows.end - ends - y : 1;
        if (ends && at_end) {
          const int32_t before_end = (columns.input - beyond - end_of_window + columns.stride) / columns.stride;
          const int32_t before_last = columns.output - beyond - x;
          const int32_t most = before_end < before_last ? before_end : before_last;
          if (most < window.n_pixels && most > 0) window.n_pixels = most;
          if (most < 1) function = PoolChannels;
        }
        function(window, output);
        x += window.n_pixels;
        output += window.n_pixels * window.n_rows * depth;
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
