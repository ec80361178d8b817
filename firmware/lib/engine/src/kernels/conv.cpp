// CONV_2D: (n, h, w, c) * (o, fh, fw, c / groups) -> (n, oh, ow, o).

#include "conv_geometry.h"
#include "requantize.h"

namespace tinyhost {

namespace {

struct ConvJob {
  const ConvParams* params;
  Requantizer requantizer;
  const int8_t* weights;
  WindowAxis rows;
  WindowAxis columns;
  int32_t in_depth;
  int32_t filter_depth;  // in_depth / groups
  int32_t out_depth;
  int32_t filters_per_group;
  int32_t input_zero_point;
};

ConvJob MakeJob(const OperatorView& op, const ConvParams& params) {
  ConvJob job{};
  job.params = &params;
  job.in_depth = op.inputs[0].dims[3];
  job.filter_depth = job.in_depth / (params.groups ? params.groups : 1);
  job.out_depth = op.output.dims[3];
  job.filters_per_group = job.out_depth / (params.groups ? params.groups : 1);
  job.rows = ConvRows(op, params);
  job.columns = ConvColumns(op, params);
  job.requantizer = MakeRequantizer(op, params, static_cast<uint32_t>(job.out_depth));
  job.input_zero_point = op.inputs[0].zero_point;
  return job;
}

uint64_t FilterSize(const ConvJob& job) {
  return uint64_t{job.params->filter_height} * job.params->filter_width * static_cast<uint32_t>(job.filter_depth);
}

Status Check(const OperatorView& op, uint64_t* work) {
  const ConvParams* params = op.params<ConvParams>();
  if (!params || !ValidConvGeometry(op, *params)) return Status::kImageParameter;
  const int32_t groups = params->groups;
  if (groups < 1 || op.inputs[0].dims[3] % groups != 0 || op.output.dims[3] % groups != 0) {
    return Status::kImageParameter;
  }
  const ConvJob job = MakeJob(op, *params);
  const uint64_t filter_size = FilterSize(job);
  if (filter_size > kMaxTensorBytes || !ValidRequantizer(job.requantizer, job.out_depth) ||
      !op.image->Constants<int8_t>(params->weights_offset, filter_size * static_cast<uint32_t>(job.out_depth))) {
    return Status::kImageParameter;
  }
  *work += ElementCount(op.output) * filter_size;
  return Status::kOk;
}

/// Accumulates filters over the taps inside; `image` points to the first channel of the filters' group.
void AccumulateInside(const ConvJob& job, const int8_t* image, const Taps& ys, const Taps& xs, FilterBlock* block) {
  const int32_t row_size = job.columns.filter * job.filter_depth;
  const bool dense = job.columns.dilation == 1 && job.filter_depth == job.in_depth;
  for (int32_t ky = ys.first; ky < ys.last; ++ky) {
    const int8_t* row = image + (ys.origin + ky * job.rows.dilation) * job.columns.input * job.in_depth;
    if (dense) {  // the taps of a row are neighbours in the input, as they are in the filter
      block->Accumulate(row + (xs.origin + xs.first) * job.in_depth, ky * row_size + xs.first * job.filter_depth,
                        (xs.last - xs.first) * job.filter_depth);
      continue;
    }
    for (int32_t kx = xs.first; kx < xs.last; ++kx) {
      block->Accumulate(row + (xs.origin + kx * job.columns.dilation) * job.in_depth,
                        ky * row_size + kx * job.filter_depth, job.filter_depth);
    }
  }
}

/// Accumulates filters over the taps outside. The bias was folded as if there were none, so that such a tap counts as
/// the input's zero point.
void AccumulateOutside(const ConvJob& job, const Taps& ys, const Taps& xs, FilterBlock* block) {
  const int32_t row_size = job.columns.filter * job.filter_depth;
  const int32_t left = xs.first * job.filter_depth;
  const int32_t right = xs.last * job.filter_depth;
  block->AccumulateConstant(job.input_zero_point, 0, ys.first * row_size);
  for (int32_t ky = ys.first; ky < ys.last; ++ky) {
    block->AccumulateConstant(job.input_zero_point, ky * row_size, left);
    block->AccumulateConstant(job.input_zero_point, ky * row_size + right, row_size - right);
  }
  block->AccumulateConstant(job.input_zero_point, ys.last * row_size, (job.rows.filter - ys.last) * row_size);
}

void RunPixel(const ConvJob& job, const int8_t* image, const Taps& ys, const Taps& xs, int8_t* output) {
  const int32_t filter_size = static_cast<int32_t>(FilterSize(job));
  const bool clipped = ys.last - ys.first < job.rows.filter || xs.last - xs.first < job.columns.filter;
  int32_t group_end = job.filters_per_group;
  for (int32_t group = 0; group < job.in_depth; group += job.filter_depth, group_end += job.filters_per_group) {
    for (int32_t first = group_end - job.filters_per_group; first < group_end; first += FilterBlock::kSize) {
      FilterBlock block(job.weights, filter_size, first, group_end);
      AccumulateInside(job, image + group, ys, xs, &block);
      if (clipped) AccumulateOutside(job, ys, xs, &block);
      StoreBlock(block, job.requantizer, first, group_end, output);
    }
  }
}

void Run(const OperatorView& op) {
  const ConvParams& params = *op.params<ConvParams>();
  ConvJob job = MakeJob(op, params);
  job.weights = op.image->Constants<int8_t>(params.weights_offset, 0);
  const int8_t* image = op.input_data<int8_t>();
  int8_t* output = op.output_data<int8_t>();
  for (int32_t n = 0; n < op.output.dims[0]; ++n, image += job.rows.input * job.columns.input * job.in_depth) {
    for (int32_t y = 0; y < job.rows.output; ++y) {
      const Taps ys = TapsInside(job.rows, y);
      for (int32_t x = 0; x < job.columns.output; ++x, output += job.out_depth) {
        RunPixel(job, image, ys, TapsInside(job.columns, x), output);
      }
    }
  }
}

}  // namespace

const Kernel kConv2dKernel{OperatorCode::kConv2d, 1, Check, Run};

}  // namespace tinyhost
