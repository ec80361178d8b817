#include "conv_geometry.h"

namespace tinyhost {

TINYHOST_COLD WindowAxis ConvRows(const OperatorView& op, const ConvParams& p) {
  return {op.inputs[0]->dims[1], op.output->dims[1], p.filter_height, p.stride_height, p.dilation_height, p.pad_top};
}

TINYHOST_COLD WindowAxis ConvColumns(const OperatorView& op, const ConvParams& p) {
  return {op.inputs[0]->dims[2], op.output->dims[2], p.filter_width, p.stride_width, p.dilation_width, p.pad_left};
}

TINYHOST_COLD bool ValidConvGeometry(const OperatorView& op, const ConvParams& params) {
  return IsInt8(*op.inputs[0], 4) && IsInt8(*op.output, 4) && op.inputs[0]->dims[0] == op.output->dims[0] &&
         ConvRows(op, params).Valid() && ConvColumns(op, params).Valid();
}

}  // namespace tinyhost
