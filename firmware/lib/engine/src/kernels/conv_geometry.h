#pragma once

#include "kernel.h"
#include "quads.h"
#include "window.h"

namespace tinyhost {

WindowAxis ConvRows(const OperatorView& op, const ConvParams& p);
WindowAxis ConvColumns(const OperatorView& op, const ConvParams& p);
/// True if tensors and windows of a CONV_2D or DEPTHWISE_CONV_2D fit together, apart from channels.
bool ValidConvGeometry(const OperatorView& op, const ConvParams& params);

/// A CONV_2D with its geometry resolved. Each group of filters reads its own slice of the input's channels and has its
/// own blocks.
struct ConvJob {
  PatchSource source;
  QuadWeights weights;
  Requantizer requantizer;
  int32_t groups;
  int32_t group_depth;    // input channels of a group
  int32_t group_filters;  // output channels of a group
  int32_t group_blocks;   // blocks of four filters of a group

  int32_t out_depth() const { return groups * group_filters; }
  int32_t image_bytes() const { return source.rows.input * source.row_bytes(); }
};

/// Makes the job; geometry and groups must be valid.
ConvJob MakeConvJob(const OperatorView& op, const ConvParams& params);

/// `check` of every CONV_2D kernel.
Status CheckConv2d(const OperatorView& op, uint64_t* work);

}  // namespace tinyhost
