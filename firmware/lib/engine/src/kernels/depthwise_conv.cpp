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

/// Walks over the taps of one output pixel's window and hands each to `tap(weights, input)`: the tap's weights, and the
/// input pixel under it, or null if it lies outside. The bias was folded as if no tap did, so one outside counts as the
/// input's zero point.
template <typename Tap>
void ForEachTap(const DepthwiseJob& job, const int8_t* image, const Taps& ys, const Taps& xs, Tap tap) {
  const int8_t* weights = job.weights;
  const int32_t out_depth = job.out_depth;
  const int32_t x_step = job.columns.dilation * job.in_depth;
  for (int32_t ky = 0; ky < job.rows.filter; ++ky) {
    const bool row_inside = ky >= ys.first && ky < ys.last;
    const int32_t first = row_inside ? xs.first : job.columns.filter;
    const int32_t last = row_inside ? xs.last : job.columns.filter;
    int32_t offset = ((ys.origin + ky * job.rows.dilation) * job.columns.input + xs.origin) * job.in_depth;
    for (int32_t kx = 0; kx < job.columns.filter; ++kx, offset += x_step, weights += out_depth) {
      tap(weights, kx >= first && kx < last ? image + offset : nullptr);
    }
  }
}

/// One output channel of one pixel.
void RunChannel(const DepthwiseJob& job, const int8_t* image, const Taps& ys, const Taps& xs, int32_t channel,
                int8_t* output) {
  const int32_t lane = channel / job.multiplier;
  const int32_t zero_point = job.input_zero_point;
  uint32_t sum = static_cast<uint32_t>(job.requantizer.bias[channel]);
  ForEachTap(job, image, ys, xs, [&](const int8_t* weights, const int8_t* input) {
    sum += static_cast<uint32_t>(weights[channel] * (input ? input[lane] : zero_point));
  });
  output[channel] = job.requantizer(static_cast<int32_t>(sum), channel);
}

/// Four output channels of one pixel, from `channel` on: each tap is looked up once for all of them.
void RunFourChannels(const DepthwiseJob& job, const int8_t* image, const Taps& ys, const Taps& xs, int32_t channel,
                     int8_t* output) {
  const int32_t lane0 = channel / job.multiplier, lane1 = (channel + 1) / job.multiplier;
  const int32_t lane2 = (channel + 2) / job.multiplier, lane3 = (channel + 3) / job.multiplier;
  const int32_t zero_point = job.input_zero_point;
  uint32_t s0 = 0, s1 = 0, s2 = 0, s3 = 0;
  ForEachTap(job, image, ys, xs, [&](const int8_t* weights, const int8_t* input) {
    const int8_t* w = weights + channel;
    if (input != nullptr) {
      s0 += static_cast<uint32_t>(w[0] * input[lane0]);
      s1 += static_cast<uint32_t>(w[1] * input[lane1]);
      s2 += static_cast<uint32_t>(w[2] * input[lane2]);
      s3 += static_cast<uint32_t>(w[3] * input[lane3]);
    } else {
      s0 += static_cast<uint32_t>(w[0] * zero_point);
      s1 += static_cast<uint32_t>(w[1] * zero_point);
      s2 += static_cast<uint32_t>(w[2] * zero_point);
      s3 += static_cast<uint32_t>(w[3] * zero_point);
    }
  });
  const uint32_t sums[4] = {s0, s1, s2, s3};
  for (int32_t i = 0; i < 4; ++i) {
    const uint32_t sum = sums[i] + static_cast<uint32_t>(job.requantizer.bias[channel + i]);
    output[channel + i] = job.requantizer(static_cast<int32_t>(sum), channel + i);
  }
}

void RunPixel(const DepthwiseJob& job, const int8_t* image, const Taps& ys, const Taps& xs, int8_t* output) {
  int32_t channel = 0;
  for (; channel + 4 <= job.out_depth; channel += 4) RunFourChannels(job, image, ys, xs, channel, output);
  for (; channel < job.out_depth; ++channel) RunChannel(job, image, ys, xs, channel, output);
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
