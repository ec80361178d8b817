// DEPTHWISE_CONV_2D: (n, h, w, c) * (1, fh, fw, c * m) -> (n, oh, ow, c * m); output channel i reads input channel i /
// m.

#include "conv_geometry.h"
#include "requantize.h"

namespace tinyhost {

namespace {

struct DepthwiseJob {
  Requantizer requantizer;
  const int8_t* weights;
  WindowAxis rows;
  WindowAxis columns;
  int32_t in_depth;
  int32_t out_depth;
  int32_t multiplier;
  int32_t input_zero_point;
};

DepthwiseJob MakeJob(const OperatorView& op, const ConvParams& params) {
  DepthwiseJob job{};
  job.rows = ConvRows(op, params);
  job.columns = ConvColumns(op, params);
  job.in_depth = op.inputs[0].dims[3];
  job.out_depth = op.output.dims[3];
  job.multiplier = job.out_depth / job.in_depth;
  job.requantizer = MakeRequantizer(op, params, static_cast<uint32_t>(job.out_depth));
  job.input_zero_point = op.inputs[0].zero_point;
  return job;
}

Status Check(const OperatorView& op, uint64_t* work) {
  const ConvParams* params = op.params<ConvParams>();
  if (!params || !ValidConvGeometry(op, *params) || op.output.dims[3] % op.inputs[0].dims[3] != 0) {
    return Status::kImageParameter;
  }
  const DepthwiseJob job = MakeJob(op, *params);
  const uint64_t n_taps = uint64_t{params->filter_height} * params->filter_width;
  if (params->groups != 1 || n_taps > kMaxTensorBytes || !ValidRequantizer(job.requantizer, job.out_depth) ||
      !op.image->Constants<int8_t>(params->weights_offset, n_taps * static_cast<uint32_t>(job.out_depth))) {
    return Status::kImageParameter;
  }
  *work += ElementCount(op.output) * n_taps;
  return Status::kOk;
}

/// sum(weight * input) over the taps inside, of one input and one output channel.
uint32_t Accumulate(const DepthwiseJob& job, const int8_t* image, const int8_t* weights, const Taps& ys,
                    const Taps& xs) {
  const int32_t x_step = job.columns.dilation * job.in_depth;
  uint32_t sum = 0;
  for (int32_t ky = ys.first; ky < ys.last; ++ky) {
    const int32_t y = ys.origin + ky * job.rows.dilation;
    const int32_t x = xs.origin + xs.first * job.columns.dilation;
    const int8_t* pixel = image + (y * job.columns.input + x) * job.in_depth;
    const int8_t* weight = weights + (ky * job.columns.filter + xs.first) * job.out_depth;
    for (int32_t kx = xs.first; kx < xs.last; ++kx, pixel += x_step, weight += job.out_depth) {
      sum += static_cast<uint32_t>(*weight * *pixel);
    }
  }
  return sum;
}

/// sum of the weights of the taps outside: such a tap counts as the input's zero point, see conv.cpp.
uint32_t WeightsOutside(const DepthwiseJob& job, const int8_t* weights, const Taps& ys, const Taps& xs) {
  uint32_t sum = 0;
  for (int32_t ky = 0; ky < job.rows.filter; ++ky) {
    const bool row_inside = ky >= ys.first && ky < ys.last;
    for (int32_t kx = 0; kx < job.columns.filter; ++kx, weights += job.out_depth) {
      if (!(row_inside && kx >= xs.first && kx < xs.last)) sum += static_cast<uint32_t>(static_cast<int32_t>(*weights));
    }
  }
  return sum;
}

void RunPixel(const DepthwiseJob& job, const int8_t* image, const Taps& ys, const Taps& xs, int8_t* output) {
  const bool clipped = ys.last - ys.first < job.rows.filter || xs.last - xs.first < job.columns.filter;
  int32_t channel = 0;
  for (int32_t in_channel = 0; in_channel < job.in_depth; ++in_channel) {
    for (int32_t m = 0; m < job.multiplier; ++m, ++channel) {
      const int8_t* weights = job.weights + channel;
      uint32_t sum = static_cast<uint32_t>(job.requantizer.bias[channel]);
      sum += Accumulate(job, image + in_channel, weights, ys, xs);
      if (clipped) sum += static_cast<uint32_t>(job.input_zero_point) * WeightsOutside(job, weights, ys, xs);
      output[channel] = job.requantizer(static_cast<int32_t>(sum), channel);
    }
  }
}

void Run(const OperatorView& op) {
  const ConvParams& params = *op.params<ConvParams>();
  DepthwiseJob job = MakeJob(op, params);
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

const Kernel kDepthwiseConv2dKernel{OperatorCode::kDepthwiseConv2d, 1, Check, Run};

}  // namespace tinyhost
