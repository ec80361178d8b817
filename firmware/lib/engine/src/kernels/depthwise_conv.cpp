// DEPTHWISE_CONV_2D: (n, h, w, c) * (c * m, fh, fw) -> (n, oh, ow, c * m).

#include "depthwise.h"

namespace tinyhost {

TINYHOST_COLD DepthwiseJob MakeDepthwiseJob(const OperatorView& op, const ConvParams& params) {
  DepthwiseJob job{};
  job.rows = ConvRows(op, params);
  job.columns = ConvColumns(op, params);
  if (job.columns.extent() <= static_cast<int32_t>(kMaxClosing) * job.columns.filter) {
    job.columns.filter = job.columns.extent();  // with zeros between the taps
    job.columns.dilation = 1;
  }
  job.in_depth = op.inputs[0]->dims[3];
  job.out_depth = op.output->dims[3];
  job.multiplier = job.out_depth / job.in_depth;
  job.channels_at_once = params.channels_at_once;
  job.input_zero_point = op.inputs[0]->zero_point;
  job.weights.words_per_row = (job.columns.filter + 3) / 4;
  const uint64_t n_words = uint64_t{params.filter_height} * static_cast<uint32_t>(job.weights.words_per_row);
  job.weights.data =
      op.image->Constants<uint32_t>(params.weights_offset, n_words * static_cast<uint32_t>(job.out_depth));
  job.requantizer = MakeRequantizer(op, params, static_cast<uint32_t>(job.out_depth));
  return job;
}

TINYHOST_COLD Status CheckDepthwiseConv2d(const OperatorView& op, uint64_t* work) {
  const ConvParams* params = op.params<ConvParams>();
  if (!ValidConvGeometry(op, *params) || op.output->dims[3] % op.inputs[0]->dims[3] != 0 || params->groups != 1 ||
      params->layout != WeightLayout::kRows || params->channels_at_once < 1 ||
      params->channels_at_once > op.inputs[0]->dims[3]) {
    return Status::kImageParameter;
  }
  const DepthwiseJob job = MakeDepthwiseJob(op, *params);
  if (!job.weights.data || !ValidRequantizer(op, *params, static_cast<uint32_t>(job.out_depth)) ||
      params->scratch_bytes < job.scratch_bytes()) {
    return Status::kImageParameter;
  }
  const uint64_t n_taps = uint64_t{params->filter_height} * (static_cast<uint32_t>(job.columns.filter) + 3u);
  const uint64_t n_groups = (static_cast<uint32_t>(job.in_depth) - 1u) / params->channels_at_once + 1u;
  *work += ElementCount(*op.output) * n_taps + 2 * ElementCount(*op.inputs[0]) + n_groups * job.scratch_bytes();
  return Status::kOk;
}

namespace {

/// One output channel of one pixel; `image` is its input channel. The bias was folded as if no tap lay outside the
/// input, so a tap outside counts as the input's zero point.
int8_t RunChannel(const DepthwiseJob& job, const int8_t* image, const Taps& ys, const Taps& xs, int32_t channel) {
  const uint32_t* row = job.weights.Filter(channel, job.rows.filter);
  uint32_t sum = 0;
  for (int32_t ky = 0; ky < job.rows.filter; ++ky, row += job.weights.words_per_row) {
    const bool row_inside = ky >= ys.first && ky < ys.last;
    const int32_t start = (ys.origin + ky * job.rows.dilation) * job.row_bytes() + xs.origin * job.in_depth;
    for (int32_t kx = 0; kx < job.columns.filter; ++kx) {
      const bool inside = row_inside && kx >= xs.first && kx < xs.last;
      const int32_t input = inside ? image[start + kx * job.columns.dilation * job.in_depth] : job.input_zero_point;
      sum += static_cast<uint32_t>(RowWeights::At(row, kx) * input);
    }
  }
  return job.requantizer(sum, job.requantizer.channels[channel]);
}

void Run(const OperatorView& op) {
  const DepthwiseJob job = MakeDepthwiseJob(op, *op.params<ConvParams>());
  const int8_t* image = op.input_data<int8_t>();
  int8_t* output = op.output_data<int8_t>();
  for (int32_t n = 0; n < op.output->dims[0]; ++n, image += job.rows.input * job.row_bytes()) {
    for (int32_t y = 0; y < job.rows.output; ++y) {
      const Taps ys = TapsInside(job.rows, y);
      for (int32_t x = 0; x < job.columns.output; ++x) {
        const Taps xs = TapsInside(job.columns, x);
        for (int32_t channel = 0; channel < job.out_depth; ++channel) {
          *output++ = RunChannel(job, image + channel / job.multiplier, ys, xs, channel);
        }
      }
    }
  }
}

}  // namespace

const Kernel kDepthwiseConv2dKernel{OperatorCode::kDepthwiseConv2d, 1, sizeof(ConvParams), CheckDepthwiseConv2d, Run};

}  // namespace tinyhost
