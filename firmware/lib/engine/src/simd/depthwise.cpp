// DEPTHWISE_CONV_2D with dual multiply-accumulate. The input rows under one row of windows are kept in scratch memory
// as 16-bit planes, a plane per channel with its padding, so that a word holds two neighbours of a channel and no
// window is cut. Each input row is unfolded once (2 instructions per element) and used by all windows over it. A row of
// outputs is written after all rows under its windows have been read. Where there is little scratch memory, some
// channels at a time run over the whole image.

#include "../kernels/depthwise.h"

#include "clamp.h"
#include "depthwise_3x3.h"
#include "kernels.h"

namespace tinyhost::simd {

namespace {

#ifdef __ARM_FEATURE_SIMD32

/// Neighbouring windows of one channel, for any filter without dilation.
struct Windows {
  const int16_t* plane;
  int32_t plane_step;  // bytes to the next four windows
  int32_t top;         // bytes from plane to the first row under the windows
  int32_t row_step;    // bytes from row to row
  int32_t ring_bytes;
  int32_t n_rows;
  int32_t n_taps;  // taps in a row
  const uint32_t* weights;
  const ChannelConstants* channel;
  int8_t* output;
  const int8_t* end;
  OutputOffsets offsets;
};

/// Runs four windows at a time: 23 instructions for four taps, 13 for each row, 47 for the outputs.
TINYHOST_HOT void RunAnyWindows(Windows job, int32_t stride) {
  const int32_t second = 2 * stride - 4, third = 4 * stride - 4, fourth = 6 * stride - 4;  // bytes from the last read
  int32_t rows_left;
  uint32_t a, b, c, d, p, row, n, w, t, x;
  const uint32_t* weights;
  // clang-format off
#define TINYHOST_PAIR                  \
  "ldr %[x], [%[p]], #4\n"             \
  "smlad %[a], %[x], %[t], %[a]\n"     \
  "ldr %[x], [%[p], %[second]]\n"      \
  "smlad %[b], %[x], %[t], %[b]\n"     \
  "ldr %[x], [%[p], %[third]]\n"       \
  "smlad %[c], %[x], %[t], %[c]\n"     \
  "ldr %[x], [%[p], %[fourth]]\n"      \
  "subs %[n], %[n], #2\n"              \
  "smlad %[d], %[x], %[t], %[d]\n"
  __asm__ volatile(
      "1:\n"
      "ldr %[x], %[channel]\n"
      "ldr %[weights], %[start]\n"
      "ldr %[row], %[top]\n"
      "ldr %[t], %[n_rows]\n"
      "ldr %[a], [%[x]]\n"
      "str %[t], %[rows_left]\n"
      "mov %[b], %[a]\n"
      "mov %[c], %[a]\n"
      "mov %[d], %[a]\n"
      "2:\n"
      "ldr %[p], %[plane]\n"
      "ldr %[n], %[n_taps]\n"
      "add %[p], %[p], %[row]\n"
      "3:\n"
      "ldr %[w], [%[weights]], #4\n"
      "sxtb16 %[t], %[w]\n"
      TINYHOST_PAIR
      "ble 4f\n"
      "sxtb16 %[t], %[w], ror #8\n"
      TINYHOST_PAIR
      "bgt 3b\n"
      "4:\n"
      "ldr %[t], %[row_step]\n"
      "ldr %[x], %[ring_bytes]\n"
      "ldr %[n], %[rows_left]\n"
      "add %[row], %[row], %[t]\n"
      "cmp %[row], %[x]\n"
      "it ge\n"
      "subge %[row], %[row], %[x]\n"
      "subs %[n], %[n], #1\n"
      "str %[n], %[rows_left]\n"
      "bne 2b\n"
      "ldr %[p], %[channel]\n"
      "ldrd %[w], %[t], [%[p], #4]\n"
      "cmp %[w], #0\n"
      "bmi 5f\n"
      TINYHOST_SCALE("%[a]", "%[b]", "%[c]", "%[d]", "%[w]", "%[t]", TINYHOST_SCALED_SHIFT)
      "6:\n"
      "ldr %[p], %[output]\n"
      "ldrd %[w], %[t], %[offset_c]\n"
      "ldr %[n], %[offset_b]\n"
      "strb %[d], [%[p], %[t]]\n"
      "strb %[c], [%[p], %[w]]\n"
      "strb %[b], [%[p], %[n]]\n"
      "strb %[a], [%[p]]\n"
      "add %[p], %[p], %[n], lsl #2\n"
      "ldrd %[w], %[t], %[plane]\n"
      "ldr %[x], %[end]\n"
      "add %[w], %[w], %[t]\n"
      "str %[p], %[output]\n"
      "str %[w], %[plane]\n"
      "cmp %[p], %[x]\n"
      "bne 1b\n"
      "b 7f\n"
      "5:\n"
      "ldr %[x], [%[p], #12]\n"
      TINYHOST_REQUANTIZE("%[a]", "%[b]", "%[c]", "%[d]", "%[w]", "%[t]", "%[x]")
      "b 6b\n"
      "7:\n"
      : [a] "=&r"(a), [b] "=&r"(b), [c] "=&r"(c), [d] "=&r"(d), [p] "=&r"(p), [row] "=&r"(row), [n] "=&r"(n),
        [w] "=&r"(w), [t] "=&r"(t), [x] "=&r"(x), [weights] "=&r"(weights), [plane] "+m"(job.plane),
        [output] "+m"(job.output), [rows_left] "=m"(rows_left)
      : [second] "r"(second), [third] "r"(third), [fourth] "r"(fourth), [start] "m"(job.weights), [top] "m"(job.top),
        [row_step] "m"(job.row_step), [ring_bytes] "m"(job.ring_bytes), [n_rows] "m"(job.n_rows),
        [n_taps] "m"(job.n_taps), [channel] "m"(job.channel), [end] "m"(job.end), [offset_b] "m"(job.offsets.b),
        [offset_c] "m"(job.offsets), "m"(job.plane_step)
      : "cc", "memory");
#undef TINYHOST_PAIR
  // clang-format on
}

#endif

/// The sums of four neighbouring windows of one channel, whose taps may lie apart: about 16 instructions per tap.
TINYHOST_HOT Four SumsApart(const DepthwiseJob& job, const RowJob& row, const uint32_t* weights, const int16_t* plane,
                            uint32_t bias) {
  const int32_t stride = row.stride, dilation = job.columns.dilation, n_taps = job.columns.filter;
  uint32_t a = bias, b = bias, c = bias, d = bias;
  int32_t offset = row.top;
  for (int32_t ky = job.rows.filter; ky > 0; --ky, offset = row.Next(offset), weights += job.weights.words_per_row) {
    const int16_t *x = plane + offset, *y = x + 2 * stride;
    for (int32_t kx = 0; kx < n_taps; ++kx, x += dilation, y += dilation) {
      const int32_t tap = RowWeights::At(weights, kx);
      a += static_cast<uint32_t>(x[0] * tap);
      b += static_cast<uint32_t>(x[stride] * tap);
      c += static_cast<uint32_t>(y[0] * tap);
      d += static_cast<uint32_t>(y[stride] * tap);
    }
  }
  return {a, b, c, d};
}

/// Computes the outputs of one channel in a row: n_blocks blocks of four from `plane` on, of which n are stored.
TINYHOST_COLD void RunAnyChannel(const DepthwiseJob& job, const RowJob& row, int32_t channel, const int16_t* plane,
                                 int8_t* output, int32_t n_blocks, int32_t n) {
  const OutputOffsets offsets = OutputOffsets::Of(n, job.out_depth);
  const uint32_t* weights = row.weights + channel * job.rows.filter * job.weights.words_per_row;
  const ChannelConstants* constants = row.channels + channel;
#ifdef __ARM_FEATURE_SIMD32
  if (!row.exact && job.columns.dilation == 1) {
    const int8_t* end = output + 4 * n_blocks * offsets.b;
    return RunAnyWindows({plane, 8 * row.stride, 2 * row.top, 2 * row.row_step, 2 * row.ring_size, job.rows.filter,
                          job.columns.filter, weights, constants, output, end, offsets},
                         row.stride);
  }
#endif
  for (; n_blocks > 0; --n_blocks, plane += 4 * row.stride, output += 4 * offsets.b) {
    StoreFour(row.exact, *constants, SumsApart(job, row, weights, plane, static_cast<uint32_t>(constants->bias)),
              output, offsets);
  }
}

/// Computes the outputs of a row's channels: n_blocks blocks of four from column x on, of which n are stored.
TINYHOST_COLD void RunBlocks(const DepthwiseJob& job, const RowJob& row, int32_t x, int32_t n_blocks, int32_t n) {
  const bool three = job.rows.filter == 3 && job.columns.filter == 3 && job.columns.dilation == 1;
  if (three && !row.exact && row.stride <= 2) return RunBlocks3x3(row, x, n_blocks, n);
  const int16_t* plane = row.planes + x * row.stride;
  int8_t* output = row.output + x * job.out_depth;
  int32_t left = job.multiplier;
  for (int32_t channel = 0; channel < row.n_channels; ++channel) {
    RunAnyChannel(job, row, channel, plane, output + channel, n_blocks, n);
    if (--left == 0) plane += row.plane_size, left = job.multiplier;
  }
}

/// Computes a row of outputs. The last block may reach up to three pixels into the next rows if the image has n_left
/// pixels from this row's first on: the plan allows for that with kPixelsInFlight.
TINYHOST_COLD void RunRow(const DepthwiseJob& job, const RowJob& row, int32_t n_left) {
  const int32_t n_whole = row.width / 4, rest = row.width % 4;
  if (rest == 0 || n_left >= 4 * (n_whole + 1)) return RunBlocks(job, row, 0, rest > 0 ? n_whole + 1 : n_whole, 4);
  if (n_whole > 0) RunBlocks(job, row, 0, n_whole, 4);
  RunBlocks(job, row, 4 * n_whole, 1, rest);
}

/// Unfolds four channels of an input row to four planes: 20 instructions per 8 elements. An odd width is followed by
/// one element of `value`, which is padding or unused.
TINYHOST_HOT void UnfoldFourChannels(const int8_t* input, int32_t depth, int32_t width, int32_t value, int16_t* plane,
                                     int32_t plane_size) {
  int16_t* half = plane + 2 * plane_size;
  const auto unfold = [&](uint32_t left, uint32_t right, int32_t x) {
    const uint32_t left02 = EvenBytes(left), right02 = EvenBytes(right);
    StorePair(plane + x, PackLow(left02, right02));
    StorePair(half + x, PackHigh(left02, right02));
    const uint32_t left13 = OddBytes(left), right13 = OddBytes(right);
    StorePair(plane + plane_size + x, PackLow(left13, right13));
    StorePair(half + plane_size + x, PackHigh(left13, right13));
  };
  for (; width > 3; width -= 4, plane += 4, half += 4, input += 4 * depth) {
    unfold(Load(input), Load(input + depth), 0);
    unfold(Load(input + 2 * depth), Load(input + 3 * depth), 2);
  }
  for (; width > 0; width -= 2, plane += 2, half += 2, input += 2 * depth) {
    unfold(Load(input), width > 1 ? Load(input + depth) : static_cast<uint32_t>(value & 0xFF) * 0x01010101u, 0);
  }
}

class DepthwiseRun {
 public:
  TINYHOST_COLD explicit DepthwiseRun(const OperatorView& op)
      : job_(MakeDepthwiseJob(op, *op.params<ConvParams>())), plane_size_(job_.plane_elements()) {
    const ConvParams& params = *op.params<ConvParams>();
    planes_ = reinterpret_cast<int16_t*>(op.Scratch(params, 0));
    row_.planes = planes_;
    row_.exact = params.requantization == Requantization::kBounded ? nullptr : &job_.requantizer;
    row_.plane_size = plane_size_;
    row_.multiplier = job_.multiplier;
    row_.width = job_.columns.output;
    row_.stride = job_.columns.stride;
    row_.out_depth = job_.out_depth;
  }

  TINYHOST_COLD void Image(const int8_t* image, int8_t* output) {
    for (int32_t first = 0; first < job_.in_depth; first += job_.channels_at_once) {
      const int32_t left = job_.in_depth - first, first_output = first * job_.multiplier;
      n_channels_ = left < job_.channels_at_once ? left : job_.channels_at_once;
      row_size_ = plane_size_ * n_channels_;
      row_.row_step = job_.rows.dilation * row_size_;
      row_.ring_size = job_.window_rows() * row_size_;
      row_.weights = job_.weights.Filter(first_output, job_.rows.filter);
      row_.channels = job_.requantizer.channels + first_output;
      row_.n_channels = n_channels_ * job_.multiplier;
      Channels(image + first, output + first_output);
    }
  }

  const DepthwiseJob& job() const { return job_; }

 private:
  /// Runs the channels that run together over an image; `image` and `output` point to the first of them.
  TINYHOST_COLD void Channels(const int8_t* image, int8_t* output) {
    Fill(planes_, row_.ring_size);  // the padding on the left and on the right stays
    int32_t next = -job_.rows.pad;  // the next input row to unfold
    for (int32_t y = 0; y < job_.rows.output; ++y, output += job_.columns.output * job_.out_depth) {
      const int32_t top = y * job_.rows.stride - job_.rows.pad;
      if (next < top) next = top;
      for (; next < top + job_.window_rows(); ++next) UnfoldRow(image, next);
      row_.top = Place(top);
      row_.output = output;
      RunRow(job_, row_, (job_.rows.output - y) * job_.columns.output);
    }
  }

  /// Where a row of the input, or of the padding above and below it, lies in planes_.
  int32_t Place(int32_t row) const { return (row + job_.rows.pad) % job_.window_rows() * row_size_; }

  /// `n` must be even.
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
    const int32_t n = n_channels_, depth = job_.in_depth, width = job_.columns.input;
    target += job_.columns.pad;
    for (int32_t i = 0; i < n; i += 4) {
      if (n < 4) break;
      const int32_t channel = i < n - 4 ? i : n - 4;  // the last four may overlap those before them
      UnfoldFourChannels(input + channel, depth, width, job_.input_zero_point, target + channel * plane_size_,
                         plane_size_);
    }
    for (int32_t channel = 0; n < 4 && channel < n; ++channel, target += plane_size_) {
      for (int32_t x = 0; x < width; ++x) target[x] = input[x * depth + channel];
    }
  }

  DepthwiseJob job_;
  int32_t plane_size_;
  int32_t n_channels_ = 0;  // that run together
  int32_t row_size_ = 0;
  int16_t* planes_;
  RowJob row_{};
};

TINYHOST_COLD void Run(const OperatorView& op) {
  DepthwiseRun run(op);
  const DepthwiseJob& job = run.job();
  const int8_t* image = op.input_data<int8_t>();
  int8_t* output = op.output_data<int8_t>();
  for (int32_t n = 0; n < op.output->dims[0]; ++n) {
    run.Image(image, output);
    image += job.rows.input * job.row_bytes();
    output += job.rows.output * job.columns.output * job.out_depth;
  }
  const ConvParams& params = *op.params<ConvParams>();
  ClampOutput(op, params.activation_min, params.activation_max);
}

}  // namespace

const Kernel kDepthwiseConv2d{OperatorCode::kDepthwiseConv2d, 1, sizeof(ConvParams), CheckDepthwiseConv2d, Run};

}  // namespace tinyhost::simd
