#pragma once

#include "conv_geometry.h"

namespace tinyhost {

/// Weights of a DEPTHWISE_CONV_2D by channel (WeightLayout::kRows): a filter's rows one after the other, each padded to
/// whole words. Zeros stand between dilated taps that are near each other (kMaxClosing). The four bytes of a word are
/// in the order 0, 2, 1, 3, so that SXTB16 makes pairs of neighbours.
struct RowWeights {
  const uint32_t* data;
  int32_t words_per_row;

  const uint32_t* Filter(int32_t channel, int32_t n_rows) const { return data + channel * n_rows * words_per_row; }
  /// Element kx of a row.
  static int32_t At(const uint32_t* row, int32_t kx) {
    return reinterpret_cast<const int8_t*>(row)[kx / 4 * 4 + kx % 2 * 2 + kx % 4 / 2];
  }
};

/// A DEPTHWISE_CONV_2D with its geometry resolved: output channel i reads input channel i / multiplier.
struct DepthwiseJob {
  WindowAxis rows;
  WindowAxis columns;
  int32_t in_depth;
  int32_t out_depth;
  int32_t multiplier;
  int32_t channels_at_once;  // input channels that run together
  int32_t input_zero_point;
  RowWeights weights;
  Requantizer requantizer;

  int32_t row_bytes() const { return columns.input * in_depth; }

  // Scratch memory holds the input rows under one row of windows, unfolded to 16 bits: a plane for each of the channels
  // that run together, padding included.
  int32_t window_rows() const { return (rows.filter - 1) * rows.dilation + 1; }
  int32_t plane_elements() const {
    const int32_t reach = (columns.output - 1) * columns.stride + columns.extent();
    const int32_t inside = columns.pad + columns.input;
    return ((reach > inside ? reach : inside) + 1) & ~1;
  }
  /// What a block of four windows may read beyond the last plane.
  int32_t slack_elements() const { return 4 * columns.stride + columns.filter + 4; }
  uint64_t scratch_bytes() const {
    const uint64_t n_planes = uint64_t{static_cast<uint32_t>(window_rows())} * static_cast<uint32_t>(channels_at_once);
    const uint32_t slack_bytes = static_cast<uint32_t>(2 * slack_elements() + 3) & ~3u;
    return 2 * n_planes * static_cast<uint32_t>(plane_elements()) + slack_bytes;
  }
};

/// Makes the job; geometry and channels must be valid. Weights and constants are null where the image is wrong.
DepthwiseJob MakeDepthwiseJob(const OperatorView& op, const ConvParams& params);

/// `check` of every DEPTHWISE_CONV_2D kernel.
Status CheckDepthwiseConv2d(const OperatorView& op, uint64_t* work);

}  // namespace tinyhost
