// Convolutions of float32 and of int16, including depthwise and fully connected ones: four filters at a time share the
// inputs that are read.

#pragma once

#include "fully_connected.h"
#include "window.h"

namespace tinyhost {

struct ConvShape {
  static constexpr int32_t kBlock = static_cast<int32_t>(kFiltersPerBlock);

  WindowAxis rows;
  WindowAxis columns;
  int32_t in_depth;
  int32_t out_depth;
  int32_t groups;
  int32_t group_depth;
  int32_t group_filters;
  WeightLayout layout;

  /// False for a depthwise convolution, in which each filter reads one channel.
  bool by_four() const { return layout == WeightLayout::kQuads; }
  int32_t group_blocks() const { return (group_filters + kBlock - 1) / kBlock; }
  int32_t row_elements() const { return columns.input * in_depth; }
  uint64_t n_taps() const { return static_cast<uint64_t>(rows.filter) * static_cast<uint32_t>(columns.filter); }
  /// Number of inputs that a tap of a filter reads.
  uint32_t tap_depth() const { return by_four() ? static_cast<uint32_t>(group_depth) : 1; }
};

/// The shape of the resolved operator. With 0 groups it is invalid, and nothing else may be computed from it.
template <typename Params>
TINYHOST_COLD ConvShape MakeConvShape(const OperatorView& conv) {
  const Params& p = *conv.params<Params>();
  const int32_t *in = conv.inputs[0]->dims, *out = conv.output->dims, groups = p.groups > 0 ? p.groups : 1;
  return {{in[1], out[1], p.filter_height, p.stride_height, p.dilation_height, p.pad_top},
          {in[2], out[2], p.filter_width, p.stride_width, p.dilation_width, p.pad_left},
          in[3],
          out[3],
          p.groups,
          in[3] / groups,
          out[3] / groups,
          p.layout};
}

/// The part of `check` that convolutions of all types share; `conv` is the resolved operator and has this shape.
bool ValidConv(TensorType type, const OperatorView& op, const OperatorView& conv, const ConvShape& shape);

// `Job` is a ConvShape with the types Element, Weight, Channel and Sum; `weights`, of which a block of filters has
// block_weights(); `channels`, one per filter; AddBlock(), which adds up one block at one pixel; and Output(), which
// turns a sum into an output.

/// Number of stored weights: the filters of a group are padded to whole blocks.
template <typename Job>
inline uint64_t StoredWeights(const Job& job) {
  if (!job.by_four()) return job.n_taps() * static_cast<uint32_t>(job.out_depth);
  const int32_t n_blocks = job.groups * job.group_blocks();
  return uint64_t{static_cast<uint32_t>(job.block_weights())} * static_cast<uint32_t>(n_blocks);
}

template <typename Job>
void RunConvPixel(const Job& job, const typename Job::Element* image, const Taps& ys, const Taps& xs,
                  typename Job::Element* output) {
  const int32_t block_weights = job.block_weights();
  const typename Job::Weight* weights = job.weights;
  const typename Job::Channel* channel = job.channels;
  for (int32_t group = 0; group < job.groups; ++group, image += job.group_depth) {
    for (int32_t first = 0; first < job.group_filters; first += ConvShape::kBlock, weights += block_weights) {
      typename Job::Sum sums[ConvShape::kBlock] = {};
      job.AddBlock(image, ys, xs, weights, sums);
      for (int32_t f = 0; f < ConvShape::kBlock && first + f < job.group_filters; ++f) {
        *output++ = job.Output(*channel++, sums[f]);
      }
    }
  }
}

template <typename Job>
TINYHOST_HOT void RunDepthwisePixel(const Job& job, const typename Job::Element* image, const Taps& ys, const Taps& xs,
                                    typename Job::Element* output) {
  const int32_t multiplier = job.out_depth / job.in_depth, step = job.columns.dilation * job.in_depth;
  const int32_t depth = job.out_depth, n_columns = xs.last - xs.first;
  const int32_t left = xs.origin * job.in_depth + xs.first * step;
  int32_t repeat = 0;
  for (int32_t channel = 0; channel < depth; ++channel) {
    typename Job::Sum sum = 0;
    for (int32_t ky = ys.first; ky < ys.last; ++ky) {
      const typename Job::Element* input = image + (ys.origin + ky * job.rows.dilation) * job.row_elements() + left;
      const typename Job::Weight* weights = job.weights + (ky * job.columns.filter + xs.first) * depth + channel;
      for (int32_t n = n_columns; n > 0; --n, input += step, weights += depth) sum += *input * *weights;
    }
    *output++ = job.Output(job.channels[channel], sum);
    if (++repeat == multiplier) {
      repeat = 0;
      ++image;
    }
  }
}

/// Runs all pixels of all images, in order.
template <typename Job>
inline void RunConv(const Job& job, const OperatorView& conv) {
  const auto* image = conv.input_data<typename Job::Element>();
  auto* output = conv.output_data<typename Job::Element>();
  for (int32_t n = 0; n < conv.output->dims[0]; ++n, image += job.rows.input * job.row_elements()) {
    for (int32_t y = 0; y < job.rows.output; ++y) {
      const Taps ys = TapsInside(job.rows, y);
      for (int32_t x = 0; x < job.columns.output; ++x, output += job.out_depth) {
        const Taps xs = TapsInside(job.columns, x);
        (job.by_four() ? RunConvPixel<Job> : RunDepthwisePixel<Job>)(job, image, ys, xs, output);
      }
    }
  }
}

}  // namespace tinyhost
