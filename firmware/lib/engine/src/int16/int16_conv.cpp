// INT16_CONV_2D: (n, h, w, c) * (o, fh, fw, c / groups) -> (n, oh, ow, o), depthwise and fully connected, too.

#include "../kernels/fixed_point.h"
#include "../kernels/fully_connected.h"
#include "../kernels/requantize.h"
#include "../kernels/window.h"
#include "kernels.h"
#include "long_sums.h"

namespace tinyhost {

namespace {

constexpr int32_t kBlock = static_cast<int32_t>(kFiltersPerBlock);
constexpr int32_t kWord = 4;  // elements of a filter in a word
constexpr int kMaxLongShift = 7;

struct Int16Conv {
  WindowAxis rows;
  WindowAxis columns;
  int32_t in_depth;
  int32_t out_depth;
  int32_t groups;
  int32_t group_depth;
  int32_t group_filters;
  bool joined;  // the taps of a row are neighbours in memory, and one run
  const int8_t* weights;
  const Int16Channel* channels;
  int32_t low;
  int32_t high;
  bool is_narrow;

  int32_t group_blocks() const { return (group_filters + kBlock - 1) / kBlock; }
  int32_t row_elements() const { return columns.input * in_depth; }
  int32_t run() const { return joined ? columns.filter * group_depth : group_depth; }
  int32_t run_bytes() const { return (run() + kWord - 1) / kWord * kWord * kBlock; }
  int32_t n_runs() const { return joined ? rows.filter : rows.filter * columns.filter; }
};

TINYHOST_COLD OperatorView Resolved(const OperatorView& op) {
  return op.params<Int16ConvParams>()->is_dense ? AsConv2d(op) : op;
}

TINYHOST_COLD Int16Conv MakeInt16Conv(const OperatorView& op) {
  const Int16ConvParams& p = *op.params<Int16ConvParams>();
  const int32_t *in = op.inputs[0].dims, *out = op.output.dims;
  Int16Conv job{};
  job.rows = {in[1], out[1], p.filter_height, p.stride_height, p.dilation_height, p.pad_top};
  job.columns = {in[2], out[2], p.filter_width, p.stride_width, p.dilation_width, p.pad_left};
  job.in_depth = in[3];
  job.out_depth = out[3];
  job.groups = p.groups;
  job.group_depth = in[3] / p.groups;
  job.group_filters = out[3] / p.groups;
  job.joined = p.dilation_width == 1 && p.groups == 1;
  const uint64_t taps = uint64_t{p.filter_height} * p.filter_width;
  uint64_t n_bytes = taps * static_cast<uint32_t>(job.out_depth);
  if (p.layout == WeightLayout::kQuads) {
    const uint64_t padded_run = (taps * static_cast<uint32_t>(job.group_depth) + kWord * taps) * kBlock;
    const bool fits = padded_run <= kMaxTensorBytes;  // so that the sizes of runs fit in 32 bits
    n_bytes = !fits ? UINT32_MAX
                    : uint64_t{static_cast<uint32_t>(job.run_bytes())} * static_cast<uint32_t>(job.n_runs()) *
                          static_cast<uint32_t>(job.group_blocks() * job.groups);
  }
  job.weights = op.image->Constants<int8_t>(p.weights_offset, n_bytes);
  job.channels = op.image->Constants<Int16Channel>(p.channels_offset, static_cast<uint32_t>(job.out_depth));
  job.low = p.activation_min;
  job.high = p.activation_max;
  job.is_narrow = p.is_narrow != 0;
  return job;
}

TINYHOST_COLD bool ValidChannels(const Int16Conv& job) {
  for (int32_t i = 0; i < job.out_depth; ++i) {
    const Int16Channel& channel = job.channels[i];
    const bool valid = job.is_narrow ? channel.multiplier >= 0 && ShiftInRange(channel.shift)
                                     : channel.multiplier >= 0 && channel.multiplier <= INT16_MAX &&
                                           channel.shift >= -31 && channel.shift <= kMaxLongShift;
    if (!valid) return false;
  }
  return true;
}

TINYHOST_COLD Status Check(const OperatorView& op, uint64_t* work) {
  const Int16ConvParams& p = *op.params<Int16ConvParams>();
  if (!IsInt16(op.inputs[0]) || !IsInt16(op.output) || p.is_dense > 1 || p.is_narrow > 1 ||
      (p.is_dense && op.output.rank < 1) || p.activation_min > p.activation_max) {
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
  const Int16Conv job = MakeInt16Conv(conv);
  if (!job.rows.Valid() || !job.columns.Valid() || !job.weights || !job.channels || !ValidChannels(job)) {
    return Status::kImageParameter;
  }
  const uint64_t depth = by_four ? static_cast<uint32_t>(job.group_depth) : 1;
  *work += ElementCount(conv.output) * (uint64_t{p.filter_height} * p.filter_width * (depth + 1) + 8);
  return Status::kOk;
}

/// The output of a sum, as TFLM rounds sums of this width.
int16_t Output(const Int16Conv& job, const Int16Channel& channel, int64_t sum) {
  const uint64_t bias = uint64_t{static_cast<uint32_t>(channel.bias_high)} << 32 | channel.bias_low;
  const uint64_t total = static_cast<uint64_t>(sum) + bias;
  int32_t scaled;
  if (job.is_narrow) {
    scaled = MultiplyByQuantizedMultiplier(static_cast<int32_t>(total), channel.multiplier, channel.shift);
  } else {
    const int shift = 15 - channel.shift;
    const uint64_t product = total * static_cast<uint32_t>(channel.multiplier) + (uint64_t{1} << (shift - 1));
    scaled = static_cast<int32_t>(static_cast<int64_t>(product) >> shift);
  }
  return static_cast<int16_t>(Clamp(scaled, job.low, job.high));
}

/// Adds one input to the sums of four filters; `element`: of a run, whose words have bytes 0, 2, 1, 3.
void AddElement(int32_t input, const int8_t* run, int32_t element, int64_t* sums) {
  constexpr int32_t kPlaces[] = {0, 2, 1, 3};
  const int8_t* word = run + element / kWord * kWord * kBlock + kPlaces[element % kWord];
  for (int32_t f = 0; f < kBlock; ++f) sums[f] += input * word[f * kWord];
}

/// Adds elements [first, last) of a run to the sums of four filters; `input`: of element 0.
TINYHOST_HOT void AddRun(const int16_t* input, int32_t first, int32_t last, const int8_t* run, int64_t* sums) {
  for (; first < last && first % kWord != 0; ++first) AddElement(input[first], run, first, sums);
  int64_t a = sums[0], b = sums[1], c = sums[2], d = sums[3];
  const int8_t* words = run + first * kBlock;
  for (; first + kWord <= last; first += kWord, words += kWord * kBlock) {
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

/// The sums of one block of filters at one pixel; `image` is its group's first channel.
void RunBlock(const Int16Conv& job, const int16_t* image, const Taps& ys, const Taps& xs, const int8_t* block,
              int64_t* sums) {
  const int32_t run_bytes = job.run_bytes();
  for (int32_t ky = ys.first; ky < ys.last; ++ky) {
    const int16_t* row = image + (ys.origin + ky * job.rows.dilation) * job.row_elements();
    if (job.joined) {
      // The window may begin left of the row: only taps inside are read.
      const int32_t skipped = xs.first * job.in_depth;
      const int16_t* first = row + (xs.origin + xs.first) * job.in_depth;
      AddRun(first - skipped, skipped, xs.last * job.in_depth, block + ky * run_bytes, sums);
      continue;
    }
    for (int32_t kx = xs.first; kx < xs.last; ++kx) {
      const int16_t* tap = row + (xs.origin + kx * job.columns.dilation) * job.in_depth;
      AddRun(tap, 0, job.group_depth, block + (ky * job.columns.filter + kx) * run_bytes, sums);
    }
  }
}

void RunPixel(const Int16Conv& job, const int16_t* image, const Taps& ys, const Taps& xs, int16_t* output) {
  const int32_t block_bytes = job.run_bytes() * job.n_runs();
  const int8_t* weights = job.weights;
  const Int16Channel* channel = job.channels;
  for (int32_t group = 0; group < job.groups; ++group, image += job.group_depth) {
    for (int32_t first = 0; first < job.group_filters; first += kBlock, weights += block_bytes) {
      int64_t sums[kBlock] = {};
      RunBlock(job, image, ys, xs, weights, sums);
      for (int32_t f = 0; f < kBlock && first + f < job.group_filters; ++f) {
        *output++ = Output(job, *channel++, sums[f]);
      }
    }
  }
}

/// A depthwise pixel: each filter reads one channel.
TINYHOST_HOT void RunDepthwisePixel(const Int16Conv& job, const int16_t* image, const Taps& ys, const Taps& xs,
                                    int16_t* output) {
  const int32_t multiplier = job.out_depth / job.in_depth, step = job.columns.dilation * job.in_depth;
  const int32_t depth = job.out_depth, n_columns = xs.last - xs.first;
  const int32_t left = xs.origin * job.in_depth + xs.first * step;
  int32_t repeat = 0;
  for (int32_t channel = 0; channel < depth; ++channel) {
    int64_t sum = 0;
    for (int32_t ky = ys.first; ky < ys.last; ++ky) {
      const int16_t* input = image + (ys.origin + ky * job.rows.dilation) * job.row_elements() + left;
      const int8_t* weights = job.weights + (ky * job.columns.filter + xs.first) * depth + channel;
      for (int32_t n = n_columns; n > 0; --n, input += step, weights += depth) sum += *input * *weights;
    }
    *output++ = Output(job, job.channels[channel], sum);
    if (++repeat == multiplier) {
      repeat = 0;
      ++image;
    }
  }
}

void Run(const OperatorView& op) {
  const bool by_four = op.params<Int16ConvParams>()->layout == WeightLayout::kQuads;
  const OperatorView conv = Resolved(op);
  const Int16Conv job = MakeInt16Conv(conv);
  const int16_t* image = op.input_data<int16_t>();
  int16_t* output = op.output_data<int16_t>();
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

const Kernel kInt16Conv2dKernel{OperatorCode::kInt16Conv2d, 1, sizeof(Int16ConvParams), Check, Run};

}  // namespace tinyhost
