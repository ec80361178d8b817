#pragma once

#include "kernel.h"
#include "quads.h"
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
         ConvRows(op, params).Valid() && ConvColumns(op, params).Valid();
}

/// A CONV_2D, resolved. Each group of filters reads its own slice of the input's channels and has its own blocks.
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

/// The job of valid geometry and groups.
inline ConvJob MakeConvJob(const OperatorView& op, const ConvParams& params) {
  ConvJob job{};
  job.groups = params.groups;
  job.group_depth = op.inputs[0].dims[3] / job.groups;
  job.group_filters = op.output.dims[3] / job.groups;
  job.group_blocks = QuadWeights::Blocks(job.group_filters);
  PatchSource& source = job.source;
  source.rows = ConvRows(op, params);
  source.columns = ConvColumns(op, params);
  source.depth = op.inputs[0].dims[3];
  source.zero_point = op.inputs[0].zero_point;
  const bool dense = params.dilation_width == 1 && job.groups == 1;
  const int32_t taps = dense ? params.filter_width : 1;
  source.patch = {taps * job.group_depth, params.filter_height * params.filter_width / taps,
                  params.filter_width / taps};
  const int64_t n_blocks = int64_t{job.groups} * job.group_blocks;
  job.weights = MakeQuadWeights(op, params, source.patch, n_blocks);
  job.requantizer = MakeRequantizer(op, params, static_cast<uint64_t>(n_blocks) * 4);
  return job;
}

/// `check` of every CONV_2D kernel.
Status CheckConv2d(const OperatorView& op, uint64_t* work);

}  // namespace tinyhost
