// DEPTHWISE_CONV_2D with dual multiply-accumulate. The input rows under one row of windows are kept in scratch memory
// as 16-bit planes, a plane per channel with its padding, so that a word holds two neighbours of a channel and no
// window is cut. Each input row is unfolded once (2 instructions per element) and used by all windows over it. A row of
// outputs is written after all rows under its windows have been read.

#include "../kernels/depthwise.h"

#include "depthwise_3x3.h"
#include "kernels.h"

namespace tinyhost::simd {

namespace {

/// Adds n_taps taps of a row at four outputs, `stride` elements apart: 23 instructions for four taps.
__attribute__((always_inline)) inline const uint32_t* AddTaps(const int16_t* row, int32_t stride,
                                                              const uint32_t* weights, int32_t n_taps, Four& sums) {
#ifdef __ARM_FEATURE_SIMD32
  const int16_t *second = row + stride, *third = second + stride, *fourth = third + stride;
  uint32_t w, t, x;
  // clang-format off
#define TINYHOST_PAIR                  \
  "ldr %[x], [%[first]], #4\n"         \
  "smlad %[a], %[x], %[t], %[a]\n"     \
  "ldr %[x], [%[second]], #4\n"        \
  "smlad %[b], %[x], %[t], %[b]\n"     \
  "ldr %[x], [%[third]], #4\n"         \
  "smlad %[c], %[x], %[t], %[c]\n"     \
  "ldr %[x], [%[fourth]], #4\n"        \
  "subs %[n], %[n], #2\n"              \
  "smlad %[d], %[x], %[t], %[d]\n"
  __asm__("1:\n"
          "ldr %[w], [%[weights]], #4\n"
          "sxtb16 %[t], %[w]\n"
          TINYHOST_PAIR
          "ble 2f\n"
          "sxtb16 %[t], %[w], ror #8\n"
          TINYHOST_PAIR
          "bgt 1b\n"
          "2:\n"
          : [a] "+r"(sums.a), [b] "+r"(sums.b), [c] "+r"(sums.c), [d] "+r"(sums.d), [weights] "+r"(weights),
            [first] "+r"(row), [second] "+r"(second), [third] "+r"(third), [fourth] "+r"(fourth), [n] "+r"(n_taps),
            [w] "=&r"(w), [t] "=&r"(t), [x] "=&r"(x)
          :
          : "cc", "memory");
#undef TINYHOST_PAIR
  // clang-format on
#else
  const auto add_pair = [&](uint32_t taps) {
    sums.a = DualMultiplyAdd(Load(row), taps, sums.a);
    sums.b = DualMultiplyAdd(Load(row + stride), taps, sums.b);
    sums.c = DualMultiplyAdd(Load(row + 2 * stride), taps, sums.c);
    sums.d = DualMultiplyAdd(Load(row + 3 * stride), taps, sums.d);
    row += 2;
  };
  for (; n_taps > 0; n_taps -= 4, ++weights) {
    add_pair(EvenBytes(*weights));
    if (n_taps > 2) add_pair(OddBytes(*weights));
  }
#endif
  return weights;
}

/// The same with dilation of columns, tap by tap.
void AddDilatedTaps(const WindowAxis& columns, const int16_t* row, const uint32_t* weights, Four& sums) {
  for (int32_t kx = 0; kx < columns.filter; ++kx, row += columns.dilation) {
    const int32_t tap = RowWeights::At(weights, kx);
    const int16_t* x = row;
    sums.Each([&](uint32_t& sum) { sum += static_cast<uint32_t>(*x * tap), x += columns.stride; });
  }
}

/// All channels' rows of outputs of any filter.
TINYHOST_HOT void RunAnyRow(const DepthwiseJob& job, const RowJob& row_job) {
  for (int32_t channel = 0; channel < job.out_depth; ++channel) {
    const ChannelConstants& constants = row_job.channels[channel];
    const int16_t* plane = row_job.planes + channel / job.multiplier * row_job.plane_size;
    int8_t* output = row_job.output + channel;
    for (int32_t left = row_job.width; left > 0; left -= 4, plane += 4 * job.columns.stride) {
      const uint32_t bias = static_cast<uint32_t>(constants.bias);
      Four sums = {bias, bias, bias, bias};
      const uint32_t* weights = job.weights.Filter(channel, job.rows.filter);
      int32_t offset = row_job.top;
      for (int32_t ky = job.rows.filter; ky > 0; --ky, offset = row_job.Next(offset)) {
        if (job.columns.dilation > 1) {
          AddDilatedTaps(job.columns, plane + offset, weights, sums);
          weights += job.weights.words_per_row;
        } else {
          weights = AddTaps(plane + offset, job.columns.stride, weights, job.columns.filter, sums);
        }
      }
      StoreFour(row_job.exact, constants, sums, output, OutputOffsets::Of(left, job.out_depth));
      output += 4 * job.out_depth;
    }
  }
}

/// Unfolds four channels of an input row to four planes: 20 instructions per 8 elements. Past an odd width goes one
/// element of `value`, which is padding there or nothing.
TINYHOST_HOT void UnfoldFourChannels(const int8_t* input, int32_t depth, int32_t width, int32_t value, int16_t* plane,
                                     int32_t plane_size) {
  for (; width > 0; width -= 2, plane += 2) {
    const uint32_t left = Load(input);
    const uint32_t right = width > 1 ? Load(input + depth) : static_cast<uint32_t>(value & 0xFF) * 0x01010101u;
    input += 2 * depth;
    int16_t* half = plane + 2 * plane_size;
    const uint32_t left02 = EvenBytes(left), right02 = EvenBytes(right);
    StorePair(plane, PackLow(left02, right02));
    StorePair(half, PackHigh(left02, right02));
    const uint32_t left13 = OddBytes(left), right13 = OddBytes(right);
    StorePair(plane + plane_size, PackLow(left13, right13));
    StorePair(half + plane_size, PackHigh(left13, right13));
  }
}

class DepthwiseRun {
 public:
  TINYHOST_COLD explicit DepthwiseRun(const OperatorView& op)
      : job_(MakeDepthwiseJob(op, *op.params<ConvParams>())),
        bounded_(op.params<ConvParams>()->requantization == Requantization::kBounded) {
    plane_size_ = static_cast<int32_t>(job_.plane_elements());
    row_size_ = plane_size_ * job_.in_depth;
    planes_ = reinterpret_cast<int16_t*>(op.Scratch(*op.params<ConvParams>(), 0));
  }

  TINYHOST_COLD void Image(const int8_t* image, int8_t* output) {
    Fill(planes_, job_.window_rows() * row_size_);  // padding on the left and on the right stays
    int32_t next = -job_.rows.pad;                  // row of the input, not unfolded yet
    for (int32_t y = 0; y < job_.rows.output; ++y, output += job_.columns.output * job_.out_depth) {
      const int32_t top = y * job_.rows.stride - job_.rows.pad;
      if (next < top) next = top;
      for (; next < top + job_.window_rows(); ++next) UnfoldRow(image, next);
      RunChannels(Place(top), (job_.rows.output - y) * job_.columns.output, output);
    }
  }

  const DepthwiseJob& job() const { return job_; }

 private:
  /// Where a row of the input, or of the padding above and below, is in planes_.
  int32_t Place(int32_t row) const { return (row + job_.rows.pad) % job_.window_rows() * row_size_; }

  /// n: even.
  TINYHOST_HOT void Fill(int16_t* target, int32_t n) const {
    const uint32_t pair = static_cast<uint32_t>(job_.input_zero_point & 0xFFFF) * 0x10001u;
    for (int32_t i = 0; i < n; i += 2) StorePair(target + i, pair);
  }

  TINYHOST_HOT void UnfoldRow(const int8_t* image, int32_t row) const {
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
      UnfoldFourChannels(input + channel, depth, width, job_.input_zero_point, target, plane_size_);
    }
    for (; channel < depth; ++channel, target += plane_size_) {
      for (int32_t x = 0; x < width; ++x) target[x] = input[x * depth + channel];
    }
  }

  TINYHOST_COLD void RunChannels(int32_t top, int32_t n_left, int8_t* output) const {
    RowJob row{};
    row.planes = planes_;
    row.top = top;
    row.row_step = job_.rows.dilation * row_size_;
    row.ring_size = job_.window_rows() * row_size_;
    row.weights = job_.weights.data;
    row.channels = job_.requantizer.channels;
    row.exact = bounded_ ? nullptr : &job_.requantizer;
    row.plane_size = plane_size_;
    row.multiplier = job_.multiplier;
    row.width = job_.columns.output;
    row.stride = job_.columns.stride;
    row.out_depth = job_.out_depth;
    row.output = output;
    const bool three = job_.rows.filter == 3 && job_.columns.filter == 3 && job_.columns.dilation == 1;
    if (three && bounded_ && job_.columns.stride <= 2) {
      RunRow3x3(row, n_left);
    } else {
      RunAnyRow(job_, row);
    }
  }

  DepthwiseJob job_;
  bool bounded_;
  int32_t plane_size_;
  int32_t row_size_;
  int16_t* planes_;
};

TINYHOST_COLD void Run(const OperatorView& op) {
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

const Kernel kDepthwiseConv2d{OperatorCode::kDepthwiseConv2d, 1, sizeof(ConvParams), CheckDepthwiseConv2d, Run};

}  // namespace tinyhost::simd
