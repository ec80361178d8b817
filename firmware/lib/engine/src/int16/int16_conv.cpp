// INT16_CONV_2D: (n, h, w, c) * (o, fh, fw, c / groups) -> (n, oh, ow, o), including depthwise and fully connected.

#include "../kernels/conv_window.h"
#include "../kernels/fixed_point.h"
#include "../kernels/requantize.h"
#include "kernels.h"
#include "long_sums.h"

namespace tinyhost {

namespace {

constexpr int32_t kWord = 4;  // elements of one filter in a word

/// Adds the products of one input to the sums of four filters. `element` is its index in the run, whose words hold
/// their bytes in the order 0, 2, 1, 3.
void AddElement(int32_t input, const int8_t* run, int32_t element, int64_t* sums) {
  constexpr int32_t kPlaces[] = {0, 2, 1, 3};
  const int8_t* word = run + element / kWord * kWord * ConvShape::kBlock + kPlaces[element % kWord];
  for (int32_t f = 0; f < ConvShape::kBlock; ++f) sums[f] += input * word[f * kWord];
}

/// Adds the products of a run's elements [first, last) to the sums of four filters; `input` points to element 0.
TINYHOST_HOT void AddRun(const int16_t* input, int32_t first, int32_t last, const int8_t* run, int64_t* sums) {
  for (; first < last && first % kWord != 0; ++first) AddElement(input[first], run, first, sums);
  int64_t a = sums[0], b = sums[1], c = sums[2], d = sums[3];
  const int8_t* words = run + first * ConvShape::kBlock;
  for (; first + kWord <= last; first += kWord, words += kWord * ConvShape::kBlock) {
    const uint32_t low = simd::Load(input + first), high = simd::Load(input + first + 2);
    uint32_t word = simd::Load(words);
    a = DualMultiplyAddLong(high, simd::OddBytes(word), DualMultiplyAddLong(low, simd::EvenBytes(word), a));
    word = simd::Load(words + kWord);
    b = DualMultiplyAddLong(high, simd::OddBytes(word), DualMultiplyAddLong(low, simd::EvenBytes(word), b));
    word = simd::Load(words + 2 * kWord);
    c = DualMultiplyAddLong(high, simd::OddBytes(word), DualMultiplyAddLong(low, simd::EvenBytes(word), c));
    word = simd::Load(words + 3 * kWord);
    d = DualMultiplyAddLong(high, simd::OddBytes(word), DualMultiplyAddLong(low, simd::EvenBytes(word), d));
  }
  sums[0] = a;
  sums[1] = b;
  sums[2] = c;
  sums[3] = d;
  for (; first < last; ++first) AddElement(input[first], run, first, sums);
}

struct Int16Conv : ConvShape {
  using Element = int16_t;
  using Weight = int8_t;
  using Channel = Int16Channel;
  using Sum = int64_t;

  bool joined;  // the taps of a row are neighbours in memory and form one run
  const int8_t* weights;
  const Int16Channel* channels;
  int32_t low;
  int32_t high;
  bool is_narrow;

  int32_t run() const { return joined ? columns.filter * group_depth : group_depth; }
  int32_t run_bytes() const { return (run() + kWord - 1) / kWord * kWord * kBlock; }
  int32_t n_runs() const { return joined ? rows.filter : rows.filter * columns.filter; }
  int32_t block_weights() const { return run_bytes() * n_runs(); }
  int16_t Output(const Int16Channel& channel, int64_t sum) const;
  void AddBlock(const int16_t* image, const Taps& ys, const Taps& xs, const int8_t* block, int64_t* sums) const;
};

/// The output of a sum, rounded as TFLM rounds sums of this width.
int16_t Int16Conv::Output(const Int16Channel& channel, int64_t sum) const {
  const uint64_t bias = uint64_t{static_cast<uint32_t>(channel.bias_high)} << 32 | channel.bias_low;
  const uint64_t total = static_cast<uint64_t>(sum) + bias;
  const int32_t scaled =
      is_narrow ? MultiplyByQuantizedMultiplier(static_cast<int32_t>(total), channel.multiplier, channel.shift)
                : ScaledLongSum(total, channel.multiplier, channel.shift);
  return static_cast<int16_t>(Clamp(scaled, low, high));
}

/// Adds one pixel's products of a block of filters to the sums; `image` is the first channel of the filters' group.
void Int16Conv::AddBlock(const int16_t* image, const Taps& ys, const Taps& xs, const int8_t* block,
                         int64_t* sums) const {
  const int32_t n_bytes = run_bytes();
  for (int32_t ky = ys.first; ky < ys.last; ++ky) {
    const int16_t* row = image + (ys.origin + ky * rows.dilation) * row_elements();
    if (joined) {
      // The window may begin left of the row: only taps inside are read.
      const int32_t skipped = xs.first * in_depth;
      const int16_t* first = row + (xs.origin + xs.first) * in_depth;
      AddRun(first - skipped, skipped, xs.last * in_depth, block + ky * n_bytes, sums);
      continue;
    }
    for (int32_t kx = xs.first; kx < xs.last; ++kx) {
      const int16_t* tap = row + (xs.origin + kx * columns.dilation) * in_depth;
      AddRun(tap, 0, group_depth, block + (ky * columns.filter + kx) * n_bytes, sums);
    }
  }
}

TINYHOST_COLD Int16Conv MakeInt16Conv(const OperatorView& conv) {
  const Int16ConvParams& p = *conv.params<Int16ConvParams>();
  const bool joined = p.dilation_width == 1 && p.groups == 1;
  Int16Conv job{MakeConvShape<Int16ConvParams>(conv),
                joined,
                nullptr,
                nullptr,
                p.activation_min,
                p.activation_max,
                p.is_narrow != 0};
  job.weights = conv.image->Constants<int8_t>(p.weights_offset, StoredWeights(job));
  job.channels = conv.image->Constants<Int16Channel>(p.channels_offset, static_cast<uint32_t>(job.out_depth));
  return job;
}

TINYHOST_COLD bool ValidChannels(const Int16Conv& job) {
  for (int32_t i = 0; i < job.out_depth; ++i) {
    const Int16Channel& channel = job.channels[i];
    const bool valid = job.is_narrow ? channel.multiplier >= 0 && ShiftInRange(channel.shift)
                                     : IsLongScale(channel.multiplier, channel.shift);
    if (!valid) return false;
  }
  return true;
}

TINYHOST_COLD Status Check(const OperatorView& op, uint64_t* work) {
  const Int16ConvParams& p = *op.params<Int16ConvParams>();
  const AsConv2d conv(op, p.is_dense);
  if (p.is_dense > 1 || p.is_narrow > 1 || p.activation_min > p.activation_max ||
      !ValidConv(TensorType::kInt16, op, conv, MakeConvShape<Int16ConvParams>(conv))) {
    return Status::kImageParameter;
  }
  const Int16Conv job = MakeInt16Conv(conv);
  if (!job.weights || !job.channels || !ValidChannels(job)) return Status::kImageParameter;
  *work += ElementCount(*conv.output) * (job.n_taps() * (job.tap_depth() + 1) + 8);
  return Status::kOk;
}

void Run(const OperatorView& op) {
  const AsConv2d conv(op, op.params<Int16ConvParams>()->is_dense);
  RunConv(MakeInt16Conv(conv), conv);
}

}  // namespace

const Kernel kInt16Conv2dKernel{OperatorCode::kInt16Conv2d, 1, sizeof(Int16ConvParams), Check, Run};

}  // namespace tinyhost
