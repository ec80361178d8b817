// FLOAT_CONV_2D: (n, h, w, c) * (o, fh, fw, c / groups) -> (n, oh, ow, o), including depthwise and fully connected.
//
// Each filter adds its products in the order of TFLM's reference kernels. Taps outside the input are left out.

#include "../kernels/conv_window.h"
#include "kernels.h"

namespace tinyhost {

namespace {

/// Adds the products of n inputs with the next weights of four filters each.
TINYHOST_HOT const float* Accumulate(const float* input, int32_t n, const float* weights, float* sums) {
  float a = sums[0], b = sums[1], c = sums[2], d = sums[3];
  for (const float* end = input + n; input != end; weights += ConvShape::kBlock) {
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

struct FloatConv : ConvShape {
  using Element = float;
  using Weight = float;
  using Channel = float;  // a filter's bias
  using Sum = float;

  const float* weights;
  const float* channels;
  float low;
  float high;

  int32_t block_weights() const { return rows.filter * columns.filter * group_depth * kBlock; }
  float Output(float bias, float sum) const { return ClampFloat(sum + bias, low, high); }
  void AddBlock(const float* image, const Taps& ys, const Taps& xs, const float* block, float* sums) const;
};

/// Adds one pixel's products of a block of filters to the sums; `image` is the first channel of the filters' group.
void FloatConv::AddBlock(const float* image, const Taps& ys, const Taps& xs, const float* block, float* sums) const {
  const bool dense = columns.dilation == 1 && groups == 1;
  const int32_t n_columns = xs.last - xs.first;
  const int32_t n = dense ? n_columns * in_depth : group_depth;
  const int32_t step = columns.dilation * in_depth;
  for (int32_t ky = ys.first; ky < ys.last; ++ky) {
    const int32_t row = (ys.origin + ky * rows.dilation) * row_elements();
    const float* input = image + row + xs.origin * in_depth + xs.first * step;
    const float* weight = block + (ky * columns.filter + xs.first) * group_depth * kBlock;
    for (int32_t left = dense ? n_columns > 0 : n_columns; left > 0; --left, input += step) {
      weight = Accumulate(input, n, weight, sums);
    }
  }
}

TINYHOST_COLD FloatConv MakeFloatConv(const OperatorView& conv) {
  const FloatConvParams& p = *conv.params<FloatConvParams>();
  FloatConv job{MakeConvShape<FloatConvParams>(conv), nullptr, nullptr, p.activation_min, p.activation_max};
  job.weights = conv.image->Constants<float>(p.weights_offset, StoredWeights(job));
  job.channels = conv.image->Constants<float>(p.bias_offset, static_cast<uint32_t>(job.out_depth));
  return job;
}

TINYHOST_COLD Status Check(const OperatorView& op, uint64_t* work) {
  const uint8_t is_dense = op.params<FloatConvParams>()->is_dense;
  const AsConv2d conv(op, is_dense);
  if (is_dense > 1 || !ValidConv(TensorType::kFloat32, op, conv, MakeConvShape<FloatConvParams>(conv))) {
    return Status::kImageParameter;
  }
  const FloatConv job = MakeFloatConv(conv);
  if (!job.weights || !job.channels) return Status::kImageParameter;
  *work += ElementCount(*conv.output) * (job.n_taps() * (job.tap_depth() + 1) + 4);
  return Status::kOk;
}

void Run(const OperatorView& op) {
  const AsConv2d conv(op, op.params<FloatConvParams>()->is_dense);
  RunConv(MakeFloatConv(conv), conv);
}

}  // namespace

const Kernel kFloatConv2dKernel{OperatorCode::kFloatConv2d, 1, sizeof(FloatConvParams), Check, Run};

}  // namespace tinyhost
