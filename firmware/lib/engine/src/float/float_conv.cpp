// FLOAT_CONV_2D: (n, h, w, c) * (o, fh, fw, c / groups) -> (n, oh, ow, o), depthwise and fully connected ones, too.
//
// Four filters at a time share what they read of the input; each adds its own products in the order of TFLM's reference
// kernels. Taps outside of the input are left out.

#include "../kernels/fully_connected.h"
#include "../kernels/window.h"
#include "kernels.h"

namespace tinyhost {

namespace {

constexpr int32_t kBlock = static_cast<int32_t>(kFiltersPerBlock);

struct FloatConv {
  WindowAxis rows;
  WindowAxis columns;
  int32_t in_depth;
  int32_t out_depth;
  int32_t groups;
  int32_t group_depth;
  int32_t group_filters;
  const float* weights;
  const float* biases;
  float low;
  float high;

  int32_t group_blocks() const { return (group_filters + kBlock - 1) / kBlock; }
  int32_t row_elements() const { return columns.input * in_depth; }
};

TINYHOST_COLD OperatorView Resolved(const OperatorView& op) {
  return op.params<FloatConvParams>()->is_dense ? AsConv2d(op) : op;
}

TINYHOST_COLD FloatConv MakeFloatConv(const OperatorView& op) {
  const FloatConvParams& p = *op.params<FloatConvParams>();
  const int32_t *in = op.inputs[0].dims, *out = op.output.dims;
  FloatConv job{};
  job.rows = {in[1], out[1], p.filter_height, p.stride_height, p.dilation_height, p.pad_top};
  job.columns = {in[2], out[2], p.filter_width, p.stride_width, p.dilation_width, p.pad_left};
  job.in_depth = in[3];
  job.out_depth = out[3];
  job.groups = p.groups;
  job.group_depth = in[3] / p.groups;
  job.group_filters = out[3] / p.groups;
  const bool by_four = p.layout == WeightLayout::kQuads;
  const uint64_t n_taps = uint64_t{p.filter_height} * p.filter_width;
  const uint64_t n_filters = by_four ? uint64_t{p.groups} * static_cast<uint32_t>(job.group_blocks() * kBlock)
                                     : static_cast<uint32_t>(job.out_depth);
  const uint64_t depth = by_four ? static_cast<uint32_t>(job.group_depth) : 1;
  job.weights = op.image->Constants<float>(p.weights_offset, n_taps * n_filters * depth);
  job.biases = op.image->Constants<float>(p.bias_offset, static_cast<uint32_t>(job.out_depth));
  job.low = p.activation_min;
  job.high = p.activation_max;
  return job;
}

TINYHOST_COLD Status Check(const OperatorView& op, uint64_t* work) {
  const FloatConvParams& p = *op.params<FloatConvParams>();
  if (!IsFloat(op.inputs[0]) || !IsFloat(op.output) || p.is_dense > 1 || (p.is_dense && op.output.rank < 1)) {
    return Status::kImageParameter;
  }
  const OperatorView conv = Resolved(op);
  const bool by_four = p.layout == WeightLayout::kQuads;
  const int32_t in_depth = conv.inputs[0].dims[3], out_depth = conv.output.dims[3];
  if (conv.inputs[0].rank != 4 || conv.output.rank != 4 || conv.inputs[0].dims[0] != conv.output.dims[0] ||
      ElementCount(conv.inputs[0]) != ElementCount(op.inputs[0]) || p.groups < 1 || in_depth % p.groups != 0 ||
      out_depth % p.groups != 0 ||
      (!by_four && (p.layout != WeightLayout::kRows || p.groups != 1 || out_depth % in_depth != 0))) {
    return Status::kImageParameter;
  }
  const FloatConv job = MakeFloatConv(conv);
  if (!job.rows.Valid() || !job.columns.Valid() || !job.weights || !job.biases) return Status::kImageParameter;
  const uint64_t depth = by_four ? static_cast<uint32_t>(job.group_depth) : 1;
  *work += ElementCount(conv.output) * (uint64_t{p.filter_height} * p.filter_width * (depth + 1) + 4);
  return Status::kOk;
}

/// Adds n inputs, times the next weights of four filters each.
TINYHOST_HOT const float* Accumulate(const float* input, int32_t n, const float* weights, float* sums) {
  float a = sums[0], b = sums[1], c = sums[2], d = sums[3];
  for (const float* end = input + n; input != end; weights += kBlock) {
    const float x = *input++;
    a += x * weights[0];
    b += x * weights[1];
    c += x * weights[2];
    d += x * weights[3];
  }
  sums[0] = a;
  sums[1] = b;
  sums[2] = c;
  sums[3] = d;
  return weights;
}

/// The sums of one block of filters at one pixel; `image` is its group's first channel.
void RunBlock(const FloatConv& job, const float* image, const Taps& ys, const Taps& xs, const float* block,
              float* sums) {
  const bool dense = job.columns.dilation == 1 && job.groups == 1;
  const int32_t n_columns = xs.last - xs.first;
  const int32_t n = dense ? n_columns * job.in_depth : job.group_depth;
  const int32_t step = job.columns.dilation * job.in_depth;
  for (int32_t ky = ys.first; ky < ys.last; ++ky) {
    const int32_t row = (ys.origin + ky * job.rows.dilation) * job.row_elements();
    const float* input = image + row + xs.origin * job.in_depth + xs.first * step;
    const float* weights = block + (ky * job.columns.filter + xs.first) * job.group_depth * kBlock;
    for (int32_t left = dense ? n_columns > 0 : n_columns; left > 0; --left, input += step) {
      weights = Accumulate(input, n, weights, sums);
    }
  }
}

void RunPixel(const FloatConv& job, const float* image, const Taps& ys, const Taps& xs, float* output) {
  const int32_t block_size = job.rows.filter * job.columns.filter * job.group_depth * kBlock;
  const float *weights = job.weights, *bias = job.biases;
  for (int32_t group = 0; group < job.groups; ++group, image += job.group_depth) {
    for (int32_t first = 0; first < job.group_filters; first += kBlock, weights += block_size) {
      float sums[kBlock] = {};
      RunBlock(job, image, ys, xs, weights, sums);
      for (int32_t f = 0; f < kBlock && first + f < job.group_filters; ++f) {
        *output++ = ClampFloat(sums[f] + *bias++, job.low, job.high);
      }
    }
  }
}

/// A depthwise pixel: each filter reads one channel.
void RunDepthwisePixel(const FloatConv& job, const float* image, const Taps& ys, const Taps& xs, float* output) {
  const int32_t multiplier = job.out_depth / job.in_depth, step = job.columns.dilation * job.in_depth;
  for (int32_t channel = 0; channel < job.out_depth; ++channel) {
    float sum = 0;
    for (int32_t ky = ys.first; ky < ys.last; ++ky) {
      const int32_t row = (ys.origin + ky * job.rows.dilation) * job.row_elements() + xs.origin * job.in_depth;
      const float* input = image + row + channel / multiplier;
      const float* weights = job.weights + ky * job.columns.filter * job.out_depth + channel;
      for (int32_t kx = xs.first; kx < xs.last; ++kx) sum += input[kx * step] * weights[kx * job.out_depth];
    }
    output[channel] = ClampFloat(sum + job.biases[channel], job.low, job.high);
  }
}

void Run(const OperatorView& op) {
  const bool by_four = op.params<FloatConvParams>()->layout == WeightLayout::kQuads;
  const OperatorView conv = Resolved(op);
  const FloatConv job = MakeFloatConv(conv);
  const float* image = op.input_data<float>();
  float* output = op.output_data<float>();
  for (int32_t n = 0; n < conv.output.dims[0]; ++n, image += job.rows.input * job.row_elements()) {
    for (int32_t y = 0; y < job.rows.output; ++y) {
      const Taps ys = TapsInside(job.rows, y);
      for (int32_t x = 0; x < job.columns.output; ++x, output += job.out_depth) {
        const Taps xs = TapsInside(job.columns, x);
        (by_four ? RunPixel : RunDepthwisePixel)(job, image, ys, xs, output);
      }
    }
  }
}

}  // namespace

const Kernel kFloatConv2dKernel{OperatorCode::kFloatConv2d, 1, sizeof(FloatConvParams), Check, Run};

}  // namespace tinyhost
