// DEPTHWISE_CONV_2D with dual multiply-accumulate. The input rows under one row of windows are kept in scratch memory
// as 16-bit planes, a plane per channel with its padding, so that a word holds two neighbours of a channel and no
// window is cut. Each input row is unfolded once (2 instructions per element) and used by all windows over it. A row of
// outputs is written after all rows under its windows have been read.

#include "../kernels/depthwise.h"

#include "kernels.h"
#include "requantize.h"
#include "simd.h"

namespace tinyhost::simd {

namespace {

/// Where one channel's row of outputs goes, and what requantizes it.
struct OutputRow {
  const BoundedRequantizer* requantizer;
  const ChannelConstants* channel;
  int8_t* data;
  int32_t depth;
  int32_t width;

  /// Stores 3 or 4 outputs.
  __attribute__((always_inline)) void Store(int32_t x, Four& sums) const {
    requantizer->Apply(*channel, sums);
    int8_t* pixel = data + x * depth;
    pixel[0] = static_cast<int8_t>(sums.a);
    pixel[depth] = static_cast<int8_t>(sums.b);
    pixel += 2 * depth;
    pixel[0] = static_cast<int8_t>(sums.c);
    if (x + 3 < width) pixel[depth] = static_cast<int8_t>(sums.d);
  }
  /// Stores 1 or 2 outputs.
  __attribute__((always_inline)) void Store(int32_t x, Two& sums) const {
    requantizer->Apply(*channel, sums);
    int8_t* pixel = data + x * depth;
    pixel[0] = static_cast<int8_t>(sums.a);
    if (x + 1 < width) pixel[depth] = static_cast<int8_t>(sums.b);
  }
};

/// Three taps as the pairs (0, 1) and (1, 2).
struct ThreeTaps {
  explicit ThreeTaps(uint32_t word) : first(EvenBytes(word)), last(first >> 16 | OddBytes(word) << 16) {}
  uint32_t first;
  uint32_t last;
};

/// Adds a row of a 3-wide window at four neighbouring outputs: at stride 1, 12 instructions for 12 products.
template <int kStride>
__attribute__((always_inline)) inline void AddThreeTaps(const int16_t* row, const ThreeTaps& taps, Four& sums) {
  const uint32_t x0 = Load(row), x1 = Load(row + 2), x2 = Load(row + 4);
  if (kStride == 1) {
    sums.a = MultiplyAddLowHigh(x1, taps.last, DualMultiplyAdd(x0, taps.first, sums.a));
    sums.b = DualMultiplyAdd(x1, taps.last, MultiplyAddHighLow(x0, taps.first, sums.b));
    sums.c = MultiplyAddLowHigh(x2, taps.last, DualMultiplyAdd(x1, taps.first, sums.c));
    sums.d = DualMultiplyAdd(x2, taps.last, MultiplyAddHighLow(x1, taps.first, sums.d));
  } else {
    const uint32_t x3 = Load(row + 6), x4 = Load(row + 8);
    sums.a = MultiplyAddLowHigh(x1, taps.last, DualMultiplyAdd(x0, taps.first, sums.a));
    sums.b = MultiplyAddLowHigh(x2, taps.last, DualMultiplyAdd(x1, taps.first, sums.b));
    sums.c = MultiplyAddLowHigh(x3, taps.last, DualMultiplyAdd(x2, taps.first, sums.c));
    sums.d = MultiplyAddLowHigh(x4, taps.last, DualMultiplyAdd(x3, taps.first, sums.d));
  }
}

template <int kStride>
__attribute__((always_inline)) inline void AddThreeTaps(const int16_t* row, const ThreeTaps& taps, Two& sums) {
  const uint32_t x0 = Load(row), x1 = Load(row + 2);
  sums.a = MultiplyAddLowHigh(x1, taps.last, DualMultiplyAdd(x0, taps.first, sums.a));
  if (kStride == 1) {
    sums.b = DualMultiplyAdd(x1, taps.last, MultiplyAddHighLow(x0, taps.first, sums.b));
  } else {
    sums.b = MultiplyAddLowHigh(Load(row + 4), taps.last, DualMultiplyAdd(x1, taps.first, sums.b));
  }
}

/// One channel's row of outputs of a 3x3 filter.
template <int kStride>
void RunRow3x3(const int16_t* planes, const uint32_t* rows, const uint32_t* weights, const OutputRow& output) {
  const int16_t *row0 = planes + rows[0], *row1 = planes + rows[1], *row2 = planes + rows[2];
  const ThreeTaps taps0(weights[0]), taps1(weights[1]), taps2(weights[2]);
  const uint32_t bias = static_cast<uint32_t>(output.channel->bias);
  int32_t x = 0;
  for (; x + 2 < output.width; x += 4) {
    Four sums = {bias, bias, bias, bias};
    AddThreeTaps<kStride>(row0, taps0, sums);
    AddThreeTaps<kStride>(row1, taps1, sums);
    AddThreeTaps<kStride>(row2, taps2, sums);
    row0 += 4 * kStride, row1 += 4 * kStride, row2 += 4 * kStride;
    output.Store(x, sums);
  }
  if (x < output.width) {
    Two sums = {bias, bias};
    AddThreeTaps<kStride>(row0, taps0, sums);
    AddThreeTaps<kStride>(row1, taps1, sums);
    AddThreeTaps<kStride>(row2, taps2, sums);
    output.Store(x, sums);
  }
}

/// Adds a pair of neighbouring taps at four outputs, `stride` elements apart: 8 instructions for 8 products.
__attribute__((always_inline)) inline void AddPair(const int16_t* x, int32_t stride, uint32_t taps, Four& sums) {
  sums.a = DualMultiplyAdd(Load(x), taps, sums.a);
  sums.b = DualMultiplyAdd(Load(x + stride), taps, sums.b);
  sums.c = DualMultiplyAdd(Load(x + 2 * stride), taps, sums.c);
  sums.d = DualMultiplyAdd(Load(x + 3 * stride), taps, sums.d);
}

/// One channel's row of outputs of any filter.
void RunRow(const DepthwiseJob& job, const int16_t* planes, const uint32_t* rows, const uint32_t* filter,
            const OutputRow& output) {
  const int32_t stride = job.columns.stride;
  const uint32_t bias = static_cast<uint32_t>(output.channel->bias);
  for (int32_t x = 0; x < output.width; x += 4) {
    Four sums = {bias, bias, bias, bias};
    const uint32_t* weights = filter;
    for (int32_t ky = 0; ky < job.rows.filter; ++ky) {
      const int16_t* row = planes + rows[ky] + x * stride;
      int32_t n_taps = job.columns.filter;
      for (; n_taps > 2; n_taps -= 4, row += 4, ++weights) {
        AddPair(row, stride, EvenBytes(*weights), sums);
        AddPair(row + 2, stride, OddBytes(*weights), sums);
      }
      if (n_taps > 0) AddPair(row, stride, EvenBytes(*weights++), sums);
    }
    if (x + 2 < output.width) {
      output.Store(x, sums);
    } else {
      Two two = {sums.a, sums.b};
      output.Store(x, two);
    }
  }
}

/// The same with dilation of columns, tap by tap.
void RunDilatedRow(const DepthwiseJob& job, const int16_t* planes, const uint32_t* rows, const uint32_t* filter,
                   const OutputRow& output) {
  for (int32_t x = 0; x < output.width; ++x) {
    Two sums = {static_cast<uint32_t>(output.channel->bias), 0};
    const uint32_t* weights = filter;
    for (int32_t ky = 0; ky < job.rows.filter; ++ky, weights += job.weights.words_per_row) {
      const int16_t* row = planes + rows[ky] + x * job.columns.stride;
      for (int32_t kx = 0; kx < job.columns.filter; ++kx, row += job.columns.dilation) {
        sums.a += static_cast<uint32_t>(*row * RowWeights::At(weights, kx));
      }
    }
    const OutputRow last{output.requantizer, output.channel, output.data, output.depth, x + 1};
    last.Store(x, sums);
  }
}

/// Unfolds four channels of an input row to four planes.
void UnfoldFourChannels(const int8_t* input, int32_t depth, int32_t width, bool odd, int16_t* plane0, int32_t pitch) {
  int16_t *plane1 = plane0 + pitch, *plane2 = plane1 + pitch, *plane3 = plane2 + pitch;
  const auto one = [&]() {
    *plane0++ = input[0], *plane1++ = input[1], *plane2++ = input[2], *plane3++ = input[3];
    input += depth;
    --width;
  };
  if (odd) one();
  for (; width > 1; width -= 2, input += 2 * depth, plane0 += 2, plane1 += 2, plane2 += 2, plane3 += 2) {
    const uint32_t left = Load(input), right = Load(input + depth);
    const uint32_t left02 = EvenBytes(left), left13 = OddBytes(left);
    const uint32_t right02 = EvenBytes(right), right13 = OddBytes(right);
    StorePair(plane0, PackLow(left02, right02));
    StorePair(plane1, PackLow(left13, right13));
    StorePair(plane2, PackHigh(left02, right02));
    StorePair(plane3, PackHigh(left13, right13));
  }
  if (width > 0) one();
}

class DepthwiseRun {
 public:
  explicit DepthwiseRun(const OperatorView& op)
      : job_(MakeDepthwiseJob(op, *op.params<ConvParams>())),
        requantizer_(job_.requantizer, op.params<ConvParams>()->requantization) {
    uint8_t* scratch = op.Scratch(*op.params<ConvParams>(), 0);
    plane_size_ = static_cast<int32_t>(job_.plane_elements());
    row_size_ = plane_size_ * job_.in_depth;
    planes_ = reinterpret_cast<int16_t*>(scratch);
    rows_ = reinterpret_cast<uint32_t*>(scratch + job_.scratch_bytes()) - job_.rows.filter;
  }

  void Image(const int8_t* image, int8_t* output) {
    Fill(planes_, job_.window_rows() * row_size_);  // padding on the left and on the right stays
    int32_t next = -job_.rows.pad;                  // row of the input, not unfolded yet
    for (int32_t y = 0; y < job_.rows.output; ++y, output += job_.columns.output * job_.out_depth) {
      const int32_t top = y * job_.rows.stride - job_.rows.pad;
      if (next < top) next = top;
      for (; next < top + job_.window_rows(); ++next) UnfoldRow(image, next);
      for (int32_t ky = 0; ky < job_.rows.filter; ++ky) rows_[ky] = Place(top + ky * job_.rows.dilation);
      RunChannels(output);
    }
  }

  const DepthwiseJob& job() const { return job_; }

 private:
  /// Where a row of the input, or of the padding above and below, is in planes_.
  uint32_t Place(int32_t row) const {
    return static_cast<uint32_t>((row + job_.rows.pad) % job_.window_rows() * row_size_);
  }

  void Fill(int16_t* target, int32_t n) const {
    for (int32_t i = 0; i < n; ++i) target[i] = static_cast<int16_t>(job_.input_zero_point);
  }

  void UnfoldRow(const int8_t* image, int32_t row) const {
    int16_t* target = planes_ + Place(row);
    if (row < 0 || row >= job_.rows.input) {
      Fill(target, row_size_);
      return;
    }
    const int8_t* input = image + row * job_.row_bytes();
    const int32_t depth = job_.in_depth, width = job_.columns.input;
    target += job_.columns.pad;
    int32_t channel = 0;
    for (; channel + 4 <= depth; channel += 4, target += 4 * plane_size_) {
      UnfoldFourChannels(input + channel, depth, width, job_.columns.pad % 2 != 0, target, plane_size_);
    }
    for (; channel < depth; ++channel, target += plane_size_) {
      for (int32_t x = 0; x < width; ++x) target[x] = input[x * depth + channel];
    }
  }

  void RunChannels(int8_t* output) const {
    const bool dilated = job_.columns.dilation > 1;
    const bool three = job_.rows.filter == 3 && job_.columns.filter == 3 && !dilated;
    const int32_t filter_words = job_.rows.filter * job_.weights.words_per_row;
    const uint32_t* weights = job_.weights.data;
    const int16_t* planes = planes_;
    OutputRow row{&requantizer_, job_.requantizer.channels, output, job_.out_depth, job_.columns.output};
    for (int32_t left = job_.multiplier; row.data != output + job_.out_depth; ++row.data, ++row.channel) {
      if (three && job_.columns.stride == 1) {
        RunRow3x3<1>(planes, rows_, weights, row);
      } else if (three && job_.columns.stride == 2) {
        RunRow3x3<2>(planes, rows_, weights, row);
      } else {
        (dilated ? RunDilatedRow : RunRow)(job_, planes, rows_, weights, row);
      }
      weights += filter_words;
      if (--left == 0) planes += plane_size_, left = job_.multiplier;
    }
  }

  DepthwiseJob job_;
  BoundedRequantizer requantizer_;
  int32_t plane_size_;
  int32_t row_size_;
  int16_t* planes_;
  uint32_t* rows_;  // offsets in planes_ of a window's rows
};

void Run(const OperatorView& op) {
  DepthwiseRun run(op);
  const DepthwiseJob& job = run.job();
  const int8_t* image = op.input_data<int8_t>();
  int8_t* output = op.output_data<int8_t>();
  for (int32_t n = 0; n < op.output.dims[0]; ++n) {
    run.Image(image, output);
    image += job.rows.input * job.row_bytes();
    output += job.rows.output * job.columns.output * job.out_depth;
  }
}

}  // namespace

const Kernel kDepthwiseConv2d{OperatorCode::kDepthwiseConv2d, 1, CheckDepthwiseConv2d, Run};

}  // namespace tinyhost::simd
