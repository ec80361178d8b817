#pragma once

#include "conv_geometry.h"

namespace tinyhost {

/// Weights of a DEPTHWISE_CONV_2D by channel (WeightLayout::kRows): a filter's rows one after the other, each filled up
/// to whole words, the four bytes of a word in the order 0, 2, 1, 3, so that SXTB16 makes pairs of neighbours.
struct RowWeights {
  const uint32_t* data;
  int32_t words_per_row;

  const uint32_t* Filter(int32_t channel, int32_t n_rows) const { return data + channel * n_rows * words_per_row; }
  /// Element kx of a row.
  static int32_t At(const uint32_t* row, int32_t kx) {
    return reinterpret_cast<const int8_t*>(row)[kx / 4 * 4 + kx % 2 * 2 + kx % 4 / 2];
  }
};

/// A DEPTHWISE_CONV_2D, resolved: output channel i reads input channel i / multiplier.
struct DepthwiseJob {
  WindowAxis rows;
  WindowAxis columns;
  int32_t in_depth;
  int32_t out_depth;
  int32_t multiplier;
  int32_t input_zero_point;
  RowWeights weights;
  Requantizer requantizer;

  int32_t row_bytes() const { return columns.input * in_depth; }

  // Scratch memory: the input rows under one row of windows, unfolded to 16 bits, a plane per channel, padding
  // included.
  int32_t window_rows() const { return (rows.filter - 1) * rows.dilation + 1; }
  int64_t plane_elements() const {
    const int64_t reach =
        int64_t{columns.output - 1} * columns.stride + int64_t{columns.filter - 1} * columns.dilation + 1;
    const int64_t inside = int64_t{columns.pad} + columns.input;
    return ((reach > inside ? reach : inside) + 1) / 2 * 2;
  }
  /// What a block of four windows may read beyond the last plane.
  int64_t slack_elements() const { return int64_t{4} * columns.stride + columns.filter + 4; }
  uint64_t scratch_bytes() const {
    const int64_t elements = window_rows() * int64_t{in_depth} * plane_elements() + slack_elements();
    return static_cast<uint64_t>((2 * elements + 3) / 4 * 4);
  }
};

/// The job of valid geometry and channels; weights and constants are null where the image is wrong.
DepthwiseJob MakeDepthwiseJob(const OperatorView& op, const ConvParams& params);

/// `check` of every DEPTHWISE_CONV_2D kernel.
Status CheckDepthwiseConv2d(const OperatorView& op, uint64_t* work);

}  // namespace tinyhost
