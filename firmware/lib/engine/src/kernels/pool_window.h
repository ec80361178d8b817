// Pools and means of float32 and of int16: one output element at a time, from its window.

#pragma once

#include <limits>

#include "kernel.h"
#include "window.h"

namespace tinyhost {

/// The input of one output element: rows of a channel.
template <typename T>
struct ChannelWindow {
  const T* data;
  int32_t height;
  int32_t width;
  int32_t row_step;
  int32_t step;
};

template <typename Total, typename T>
inline Total Sum(const ChannelWindow<T>& window) {
  Total sum = 0;
  for (int32_t y = 0; y < window.height; ++y) {
    const T* value = window.data + y * window.row_step;
    for (int32_t x = 0; x < window.width; ++x, value += window.step) sum += static_cast<Total>(*value);
  }
  return sum;
}

template <typename T>
inline T Greatest(const ChannelWindow<T>& window) {
  T greatest = std::numeric_limits<T>::lowest();
  for (int32_t y = 0; y < window.height; ++y) {
    const T* value = window.data + y * window.row_step;
    for (int32_t x = 0; x < window.width; ++x, value += window.step) greatest = greatest < *value ? *value : greatest;
  }
  return greatest;
}

template <typename Params>
inline WindowAxis PoolRows(const OperatorView& op, const Params& p) {
  return {op.inputs[0]->dims[1], op.output->dims[1], p.filter_height, p.stride_height, 1, p.pad_top};
}

template <typename Params>
inline WindowAxis PoolColumns(const OperatorView& op, const Params& p) {
  return {op.inputs[0]->dims[2], op.output->dims[2], p.filter_width, p.stride_width, 1, p.pad_left};
}

/// The part of `check` that pools of all types share.
TINYHOST_COLD inline Status CheckPoolOf(TensorType type, const OperatorView& op, const WindowAxis& rows,
                                        const WindowAxis& columns, PoolKind kind, uint64_t* work) {
  const TensorRecord& input = *op.inputs[0];
  if (input.type != type || op.output->type != type || input.rank != 4 || op.output->rank != 4 ||
      input.dims[0] != op.output->dims[0] || input.dims[3] != op.output->dims[3] || !rows.Valid() || !columns.Valid() ||
      kind > PoolKind::kMaximum) {
    return Status::kImageParameter;
  }
  const uint64_t n_taps = static_cast<uint64_t>(rows.filter) * static_cast<uint32_t>(columns.filter);
  *work += ElementCount(*op.output) * (n_taps + 4);
  return Status::kOk;
}

/// Sets every output element, in order, to Pool::Average(parameters, window, count) or Pool::Maximum(parameters,
/// window).
template <typename Pool, typename T>
inline void RunPoolOf(const OperatorView& op) {
  const typename Pool::Params params = *op.params<typename Pool::Params>();
  const WindowAxis rows = PoolRows(op, params), columns = PoolColumns(op, params);
  const int32_t depth = op.output->dims[3], row_step = columns.input * depth;
  const bool is_average = params.kind == PoolKind::kAverage;
  const T* image = op.input_data<T>();
  T* output = op.output_data<T>();
  for (int32_t n = 0; n < op.output->dims[0]; ++n, image += rows.input * row_step) {
    for (int32_t y = 0; y < rows.output; ++y) {
      const Taps ys = TapsInside(rows, y);
      for (int32_t x = 0; x < columns.output; ++x) {
        const Taps xs = TapsInside(columns, x);
        const T* first = image + (ys.origin + ys.first) * row_step + (xs.origin + xs.first) * depth;
        ChannelWindow<T> window{first, ys.last - ys.first, xs.last - xs.first, row_step, depth};
        const int32_t count = window.height * window.width;
        for (int32_t channel = 0; channel < depth; ++channel, ++window.data) {
          *output++ = is_average ? Pool::Average(params, window, count) : Pool::Maximum(params, window);
        }
      }
    }
  }
}

/// The part of `check` that means over height and width of all types share.
TINYHOST_COLD inline Status CheckMeanOf(TensorType type, const OperatorView& op, uint64_t* work) {
  const TensorRecord& input = *op.inputs[0];
  if (input.type != type || input.rank != 4 || op.output->type != type ||
      ElementCount(*op.output) != static_cast<size_t>(input.dims[0]) * static_cast<size_t>(input.dims[3])) {
    return Status::kImageParameter;
  }
  *work += ElementCount(input) + ElementCount(*op.output);
  return Status::kOk;
}

/// Sets each channel of each image to Mean::Value(parameters, window) of the whole image.
template <typename Mean, typename T>
inline void RunMeanOf(const OperatorView& op) {
  const int32_t* dims = op.inputs[0]->dims;
  const typename Mean::Params params = *op.params<typename Mean::Params>();
  const T* image = op.input_data<T>();
  T* output = op.output_data<T>();
  for (int32_t n = 0; n < dims[0]; ++n, image += dims[1] * dims[2] * dims[3]) {
    ChannelWindow<T> window{image, dims[1], dims[2], dims[2] * dims[3], dims[3]};
    for (int32_t channel = 0; channel < dims[3]; ++channel, ++window.data) *output++ = Mean::Value(params, window);
  }
}

}  // namespace tinyhost
