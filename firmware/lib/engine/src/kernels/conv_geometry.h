#pragma once

#include "kernel.h"
#include "window.h"

namespace tinyhost {

inline WindowAxis ConvRows(const OperatorView& op, const ConvParams& p) {
  return {op.inputs[0].dims[1], op.output.dims[1], p.filter_height, p.stride_height, p.dilation_height, p.pad_top};
}

inline WindowAxis ConvColumns(const OperatorView& op, const ConvParams& p) {
  return {op.inputs[0].dims[2], op.output.dims[2], p.filter_width, p.stride_width, p.dilation_width, p.pad_left};
}

/// True if tensors and windows of a CONV_2D or DEPTHWISE_CONV_2D fit together, apart from channels.
inline bool ValidConvGeometry(const OperatorView& op, const ConvParams& params) {
  return IsInt8(op.inputs[0], 4) && IsInt8(op.output, 4) && op.inputs[0].dims[0] == op.output.dims[0] &&
         params.layout == WeightLayout::kPlain && ConvRows(op, params).Valid() && ConvColumns(op, params).Valid();
}

}  // namespace tinyhost
