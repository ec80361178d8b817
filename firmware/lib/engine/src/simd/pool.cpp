// AVERAGE_POOL_2D, MAX_POOL_2D and MEAN, four channels at a time. Where the number of channels is no multiple of four,
// the last group overlaps the one before it.

#include "../kernels/pool.h"

#include "../kernels/fixed_point.h"
#include "../kernels/mean.h"
#include "clamp.h"
#include "core/portable.h"
#include "kernels.h"
#include "room.h"
#include "simd.h"

namespace tinyhost::simd {

namespace {

constexpr int32_t kWord = 4;            // outputs at a time
constexpr int32_t kMaxPackedSum = 255;  // values of -128 in 16 bits
constexpr uint32_t kOnes = 0x10001;

/// Loads the bytes of four channels, or of all channels if there are fewer; the rest are 0.
inline uint32_t LoadChannels(const int8_t* data, int32_t depth) {
  if (depth >= 4) return Load(data);
  uint32_t word = 0;
  std::memcpy(&word, data, static_cast<size_t>(depth));
  return word;
}

/// Adds the values of a window to the sums of four channels, with two instructions per word.
void AddWindow(const PoolWindow& window, const int8_t* row, uint32_t sums[4]) {
  for (int32_t y = window.height; y > 0; --y, row += window.row_bytes) {
    const int8_t* data = row;
    for (int32_t left = window.width; left > 0; left -= kMaxPackedSum) {
      uint32_t even = 0, odd = 0;
      for (int32_t n = left < kMaxPackedSum ? left : kMaxPackedSum; n > 0; --n, data += window.depth) {
        const uint32_t word = LoadChannels(data, window.depth);
        even = AddEvenBytes(even, word);
        odd = AddOddBytes(odd, word);
      }
      sums[0] += static_cast<uint32_t>(static_cast<int16_t>(even));
      sums[1] += static_cast<uint32_t>(static_cast<int16_t>(odd));
      sums[2] += static_cast<uint32_t>(static_cast<int32_t>(even) >> 16);
      sums[3] += static_cast<uint32_t>(static_cast<int32_t>(odd) >> 16);
    }
  }
}

/// Calls function(channel) with the first channel of each group of four.
template <typename Function>
TINYHOST_INLINE void ForFourChannels(int32_t depth, Function function) {
  for (int32_t channel = 0; channel < depth; channel += 4) {
    const int32_t last = depth > 4 ? depth - 4 : 0;
    function(channel < last ? channel : last);
  }
}

/// Calls function(data, output) for each group of four outputs: of a whole row if the window is a line, otherwise of
/// each pixel. The second group may overlap the first. With fewer than four channels, the bytes that are stored behind
/// a pixel are overwritten by the next one.
template <typename Function>
TINYHOST_INLINE void ForEachFour(const PoolWindow& window, int8_t* output, Function function) {
  int32_t length = window.depth, n_pixels = window.n_pixels;
  if (window.line) {
    length *= n_pixels;
    n_pixels = 1;
  }
  const int8_t* row = window.data;
  for (int32_t n_rows = window.n_rows; n_rows > 0; --n_rows, row += window.row_step) {
    const int8_t* pixel = row;
    for (int32_t n = n_pixels; n > 0; --n, pixel += window.step) {
      const int8_t *data = pixel, *const end = output + length;
      for (int32_t back = -length & 3; output != end; back = 0) {
        function(data, output);
        data += kWord - back, output += kWord - back;
      }
    }
  }
}

/// Calls function(word) with four channels of every pixel in a window.
template <typename Function>
TINYHOST_INLINE void ForEachTap(const PoolWindow& window, const int8_t* row, Function function) {
  const int32_t depth = window.depth;
  for (int32_t y = window.height; y > 0; --y, row += window.row_bytes) {
    if (window.width == 3) {
      function(Load(row));
      function(Load(row + depth));
      function(Load(row + 2 * depth));
      continue;
    }
    const int8_t* data = row;
    for (int32_t n = window.width; n > 0; --n, data += depth) function(Load(data));
  }
}

/// Sums of bytes, in 16 bits each: `even` of bytes 0 and 2, `odd` of bytes 1 and 3.
struct PackedSums {
  uint32_t even, odd;
};

/// Rounded means of four bytes, in each byte lane. Halving twice leaves `half` = floor(sum / 4). It drops a remainder
/// of 2 if the two halves differ in their lowest bit, and of 1 for each pair whose sum is odd. A remainder of 2 or more
/// rounds up; where the mean is negative, only one of 3 does.
TINYHOST_INLINE uint32_t MeanOfBytes(uint32_t a, uint32_t b, uint32_t c, uint32_t d) {
  const uint32_t first = a ^ b, second = c ^ d;
  a = HalfSumBytes(a, b);
  c = HalfSumBytes(c, d);
  const uint32_t halves = a ^ c, half = HalfSumBytes(a, c);
  const uint32_t from_three = halves & (first | second), from_two = halves | (first & second);
  return AddBytes(half, (from_three | (from_two & ~(half >> 7))) & 0x01010101u);
}

/// Rounded means of four windows of one channel, from eight adjacent bytes of the upper row (a, b) and of the lower one
/// (c, d). A shift rounds down, so 2 is added to a sum before it, but only 1 to a negative sum. The sums start at 1, so
/// that a sum of -1 does not count as negative; its mean is 0 either way.
TINYHOST_INLINE uint32_t MeanOfNarrow(uint32_t a, uint32_t b, uint32_t c, uint32_t d) {
  const uint32_t first_two = AddOddBytes(AddEvenBytes(AddOddBytes(AddEvenBytes(kOnes, a), a), c), c);
  const uint32_t last_two = AddOddBytes(AddEvenBytes(AddOddBytes(AddEvenBytes(kOnes, b), b), d), d);
  const uint32_t even = PackLow(first_two, last_two), odd = PackHigh(first_two, last_two);
  return JoinQuarters(even + WithoutHigher(kOnes, even), odd + WithoutHigher(kOnes, odd));
}

/// Maxima of the same four windows.
TINYHOST_INLINE uint32_t MaximumOfNarrow(uint32_t a, uint32_t b, uint32_t c, uint32_t d) {
  const uint32_t first_half = MaximumBytes(a, c), second_half = MaximumBytes(b, d);
  const uint32_t low = PackLow(first_half, second_half), high = PackHigh(first_half, second_half);
  return JoinBytes(MaximumBytes(low, low >> 8), MaximumBytes(high, high >> 8));
}

TINYHOST_INLINE uint32_t MaximumOfBytes(uint32_t a, uint32_t b, uint32_t c, uint32_t d) {
  return MaximumBytes(MaximumBytes(a, b), MaximumBytes(c, d));
}

/// Computes four outputs from the four words of their windows.
using FourFunction = uint32_t (*)(uint32_t a, uint32_t b, uint32_t c, uint32_t d);

/// The same for two channels, whose bytes alternate: sorts them into one word for each place in a window.
template <FourFunction kOfWords>
TINYHOST_INLINE uint32_t OfTwoChannels(uint32_t a, uint32_t b, uint32_t c, uint32_t d) {
  return kOfWords(PackLow(a, b), PackHigh(a, b), PackLow(c, d), PackHigh(c, d));
}

/// Both sums divided by `count`, rounded to nearest. As the division truncates towards zero, half of `count` is added
/// to a sum, or subtracted from a negative one.
TINYHOST_INLINE uint32_t Means(uint32_t sums, int32_t count) {
  const uint32_t half = static_cast<uint32_t>(count / 2);
  const uint32_t rounded = AddEvenBytes(sums, BySign(sums, (-half & 0xFFFF) * kOnes, half * kOnes));
  const int32_t high = static_cast<int32_t>(rounded) >> 16;
  return PackLow(static_cast<uint32_t>(static_cast<int16_t>(rounded) / count), static_cast<uint32_t>(high / count));
}

/// Returns a window that covers whole rows of the input as a window of a single row, or of rows of three pixels, which
/// run faster; any other window as it is.
TINYHOST_NOINLINE PoolWindow Joined(const PoolWindow& of) {
  PoolWindow window = of;
  if (window.width * window.depth != window.row_bytes) return window;
  const int32_t count = window.width * window.height;
  window.width = count % 3 == 0 ? 3 : count;
  window.height = count / window.width;
  window.row_bytes = window.width * window.depth;
  return window;
}

/// Averages windows of at most kMaxPackedSum pixels.
TINYHOST_HOT void AverageFew(const PoolWindow& of, int8_t* output) {
  const PoolWindow joined = Joined(of), window = joined;  // a copy that outputs cannot alias
  const int32_t count = window.height * window.width;
  ForEachFour(window, output, [&](const int8_t* data, int8_t* out) {
    PackedSums sums{};
    ForEachTap(window, data, [&](uint32_t word) {
      sums.even = AddEvenBytes(sums.even, word);
      sums.odd = AddOddBytes(sums.odd, word);
    });
    StoreWord(out, JoinBytes(Means(sums.even, count), Means(sums.odd, count)));
  });
}

TINYHOST_HOT void MaximumOf(const PoolWindow& of, int8_t* output) {
  const PoolWindow joined = Joined(of), window = joined;  // a copy that outputs cannot alias
  ForEachFour(window, output, [&](const int8_t* data, int8_t* out) {
    uint32_t max = 0x80808080u;
    ForEachTap(window, data, [&](uint32_t word) { max = MaximumBytes(max, word); });
    StoreWord(out, max);
  });
}

TINYHOST_COLD void AverageMany(const PoolWindow& window, int8_t* output) {
  const int8_t *row = window.data, *pixel = row;
  for (int32_t n = 1; n <= window.n_rows * window.n_pixels; ++n, output += window.depth) {
    ForFourChannels(window.depth, [&](int32_t channel) {
      uint32_t sums[4] = {};
      AddWindow(window, pixel + channel, sums);
      for (int32_t i = 0; i < 4 && i < window.depth; ++i) {
        output[channel + i] =
            static_cast<int8_t>(RoundedMean(static_cast<int32_t>(sums[i]), window.height * window.width));
      }
    });
    pixel = n % window.n_pixels == 0 ? row += window.row_step : pixel + window.step;
  }
}

/// Rows of 2x2 windows, which are all complete, or all lack their second row or column. A value that is missing is
/// replaced by its neighbour, which changes neither the mean nor the maximum.
struct PairRows {
  int32_t below;   // bytes from the first row of a window to its second one; 0 if that is missing
  int32_t tap;     // bytes from the first column to the second one; 0 if that is missing
  int32_t length;  // adjacent outputs whose inputs are adjacent: of a pixel, or of a whole line
  int32_t n;       // pixels or lines in a row
  int32_t step;    // bytes from the input of one to that of the next one
  int32_t n_rows;
  int32_t row_step;
};

using PairFunction = void (*)(const PairRows& rows, const int8_t* row, int8_t* output);

/// Runs rows by groups of four outputs. The second group of a pixel or a line may overlap the first; with fewer than
/// four channels, the bytes that are stored behind a pixel are overwritten by the next one.
template <FourFunction kOfWords>
TINYHOST_HOT void RunPairs(const PairRows& of, const int8_t* row, int8_t* output) {
  const PairRows rows = of;  // a copy that outputs cannot alias
  const int32_t tap = rows.tap, first = ((rows.length - 1) & 3) + 1, others = rows.length - first;
  const int32_t step = rows.step, to_next = step - rows.length;
  const int32_t n_outputs = rows.n * rows.length, to_next_row = rows.row_step - rows.n * step;
  const int8_t *above = row, *below = row + rows.below, *const end = output + rows.n_rows * n_outputs;
  for (; output != end; above += to_next_row, below += to_next_row) {
    const int8_t* const end_of_row = output + n_outputs;
    if (others == 0) {
      do {
        StoreWord(output, kOfWords(Load(above), Load(above + tap), Load(below), Load(below + tap)));
        above += step, below += step, output += first;
      } while (output != end_of_row);
      continue;
    }
    do {
      StoreWord(output, kOfWords(Load(above), Load(above + tap), Load(below), Load(below + tap)));
      above += first, below += first, output += first;
      const int8_t* const end_of_pixel = output + others;
      do {
        const uint32_t right[] = {Load(above + tap), Load(below + tap)};
        const uint32_t a = LoadNext(above), b = LoadNext(below);
        StoreNextWord(output, kOfWords(a, right[0], b, right[1]));
      } while (output != end_of_pixel);
      above += to_next, below += to_next;
    } while (output != end_of_row);
  }
}

/// The same for one, two or four channels at stride 2, where a row is a line: kOfNarrow computes four outputs from
/// eight adjacent bytes of the upper row and eight of the lower one.
template <FourFunction kOfNarrow>
TINYHOST_HOT void RunNarrowPairs(const PairRows& of, const int8_t* row, int8_t* output) {
  const int32_t length = of.length, to_next = of.row_step - 2 * length;
  const int8_t *above = row, *below = row + of.below, *const end = output + of.n_rows * length;
  while (output != end) {
    const int8_t *const end_of_row = output + length, *stop = end_of_row - (length & 3);
    for (;;) {
      do {
        const uint32_t a = LoadNext(above), b = LoadNext(above), c = LoadNext(below), d = LoadNext(below);
        StoreNextWord(output, kOfNarrow(a, b, c, d));
      } while (output != stop);
      const int32_t back = (stop - end_of_row) & 3;
      if (back == 0) break;
      above -= 2 * back, below -= 2 * back, output -= back;
      stop = end_of_row;
    }
    above += to_next, below += to_next;
  }
}

/// The functions that run 2x2 pools: of any number of channels, and of one, two and four channels at stride 2.
struct PairFunctions {
  PairFunction any;
  PairFunction narrow[2];
  PairFunction of_four;
};

/// A pool of 2x2 or 1x2 without padding at the top and left. The windows of the last row and column may be incomplete.
struct TwoByTwo {
  const PairFunctions& pairs;
  PairFunction run;
  PairRows rows;  // the complete ones
  int32_t depth;
  int32_t n_columns;
  int32_t n_clear;  // rows behind which both tensors go on
  int32_t n_whole_rows;
  bool is_cut;
  bool ends;  // with a pixel of fewer than four channels that has nothing behind it

  void RunRow(int32_t y, const int8_t* row, int8_t* output) const;
};

/// Runs one row, and its last pixel separately if it is incomplete or ends the tensor: then its outputs are computed
/// from the four bytes that end with it, and only its own are stored.
TINYHOST_COLD void TwoByTwo::RunRow(int32_t y, const int8_t* row, int8_t* output) const {
  const bool at_end = ends && y >= n_clear;
  PairRows one = rows;
  one.n_rows = 1;
  if (y >= n_whole_rows) one.below = 0;
  one.n -= at_end && !is_cut;
  run(one, row, output);
  if (!at_end && !is_cut) return;
  const int8_t* last = row + (n_columns - 1) * one.step;
  output += (n_columns - 1) * depth;
  if (is_cut) one.tap = 0;
  one.length = depth;
  one.n = 1;
  if (!at_end) return pairs.any(one, last, output);
  one.length = kWord;
  int8_t word[kWord];
  pairs.any(one, last + depth - kWord, word);
  for (int32_t i = kWord - depth; i < kWord; ++i) *output++ = word[i];
}

/// Runs a pool of 2x2 with stride 2 whose windows are all complete, and returns true; returns false for any other.
TINYHOST_HOT bool RunWhole(const OperatorView& op, const PairFunctions& pairs) {
  const PoolParams& params = *op.params<PoolParams>();
  const TensorRecord &input = *op.inputs[0], &output = *op.output;
  const int32_t depth = output.dims[3], row_bytes = input.dims[2] * depth;
  int32_t n_rows = output.dims[1], n = output.dims[2], length = depth;
  if (params.filter_height != 2 || params.filter_width != 2 || params.stride_height != 2 || params.stride_width != 2 ||
      params.pad_top != 0 || params.pad_left != 0 || 2 * n > input.dims[2]) {
    return false;
  }
  if (2 * n_rows == input.dims[1]) {
    n_rows *= input.dims[0];
  } else if (2 * n_rows > input.dims[1] || input.dims[0] != 1) {
    return false;
  }
  PairFunction run = depth == kWord ? pairs.of_four : pairs.any;
  if (depth <= 2) run = pairs.narrow[depth - 1];
  if (run != pairs.any) length *= n, n = 1;
  if (length < kWord) return false;
  const PairRows rows{row_bytes, depth, length, n, 2 * depth, n_rows, 2 * row_bytes};
  run(rows, op.input_data<int8_t>(), op.output_data<int8_t>());
  return true;
}

/// Runs a TwoByTwo pool and returns true; returns false for any other. A 1x2 window is run as the same row twice.
TINYHOST_COLD bool RunTwoByTwo(const OperatorView& op, const PairFunctions& pairs) {
  if (kHasRoom && RunWhole(op, pairs)) return true;
  const PoolParams& params = *op.params<PoolParams>();
  const int32_t filter = params.filter_height, stride = params.stride_width, row_stride = params.stride_height;
  if (filter > 2 || params.filter_width != 2 || params.pad_top + params.pad_left != 0) return false;
  const int32_t height = op.inputs[0]->dims[1], width = op.inputs[0]->dims[2], depth = op.output->dims[3];
  const int32_t n_rows = op.output->dims[1], n_columns = op.output->dims[2];
  const int32_t row_bytes = width * depth, row_step = row_stride * row_bytes, output_bytes = n_columns * depth;
  const bool is_cut = (n_columns - 1) * stride + 2 > width;  // only the last column's window can be incomplete
  const int32_t n_whole = n_columns - is_cut;
  TwoByTwo pool{pairs,
                pairs.any,
                {filter == 2 ? row_bytes : 0, depth, depth, n_whole, stride * depth, n_rows, row_step},
                depth,
                n_columns,
                n_rows,
                n_rows - ((n_rows - 1) * row_stride + filter > height),
                is_cut,
                false};
  const bool is_narrow = stride == 2 && depth <= 2;
  if (stride == 1 || is_narrow) pool.rows.length = n_whole * depth, pool.rows.n = n_whole > 0;
  if (depth < kWord) {
    if (n_whole * depth < kWord || (stride > 2 && depth < 3)) return false;
    if (is_narrow) pool.run = pairs.narrow[depth - 1];
    pool.ends = is_cut || !(stride == 1 || is_narrow);
    if (pool.ends) pool.n_clear = row_stride < filter ? n_rows - 2 : n_rows - 1;
  }
  if (pool.n_clear > pool.n_whole_rows) pool.n_clear = pool.n_whole_rows;
  pool.rows.n_rows = is_cut || pool.n_clear < 0 ? 0 : pool.n_clear;
  const int8_t* image = op.input_data<int8_t>();
  int8_t* output = op.output_data<int8_t>();
  for (int32_t left = op.output->dims[0]; left > 0; --left, image += height * row_bytes) {
    pool.run(pool.rows, image, output);
    output += pool.rows.n_rows * output_bytes;
    const int8_t* row = image + pool.rows.n_rows * row_step;
    for (int32_t y = pool.rows.n_rows; y < n_rows; ++y, row += row_step, output += output_bytes) {
      pool.RunRow(y, row, output);
    }
  }
  return true;
}

constexpr PairFunctions kMeans = {RunPairs<MeanOfBytes>,
                                  {RunNarrowPairs<MeanOfNarrow>, RunNarrowPairs<OfTwoChannels<MeanOfBytes>>},
                                  kHasRoom ? RunNarrowPairs<MeanOfBytes> : RunPairs<MeanOfBytes>};
constexpr PairFunctions kMaxima = {RunPairs<MaximumOfBytes>,
                                   {RunNarrowPairs<MaximumOfNarrow>, RunNarrowPairs<OfTwoChannels<MaximumOfBytes>>},
                                   kHasRoom ? RunNarrowPairs<MaximumOfBytes> : RunPairs<MaximumOfBytes>};

void AveragePixels(const PoolWindow& window, int8_t* output) {
  window.height* window.width > kMaxPackedSum ? AverageMany(window, output) : AverageFew(window, output);
}

/// Clamps the outputs to the range of the fused activation.
void Finish(const OperatorView& op) {
  const PoolParams& params = *op.params<PoolParams>();
  ClampOutput(op, params.activation_min, params.activation_max);
}

void RunAverage(const OperatorView& op) {
  if (!RunTwoByTwo(op, kMeans)) RunPool(op, AveragePixels);
  Finish(op);
}

void RunMaximum(const OperatorView& op) {
  if (!RunTwoByTwo(op, kMaxima)) RunPool(op, MaximumOf);
  Finish(op);
}

void RunMean(const OperatorView& op) {
  const TensorRecord& input = *op.inputs[0];
  const int32_t depth = input.dims[3], height = input.dims[1], width = input.dims[2];
  const int8_t* image = op.input_data<int8_t>();
  int8_t* output = op.output_data<int8_t>();
  PoolWindow window{};
  window.height = height, window.width = width;
  window.row_bytes = width * depth, window.depth = depth;
  for (int32_t n = input.dims[0]; n > 0; --n, image += height * width * depth, output += depth) {
    const uint32_t start = 0u - static_cast<uint32_t>(input.zero_point) * static_cast<uint32_t>(height * width);
    ForFourChannels(depth, [&](int32_t channel) {
      uint32_t sums[4] = {start, start, start, start};
      AddWindow(window, image + channel, sums);
      for (int32_t i = 0; i < 4 && i < depth; ++i) {
        output[channel + i] = MeanOutput(op, *op.params<MeanParams>(), sums[i]);
      }
    });
  }
}

}  // namespace

const Kernel kAveragePool2d{OperatorCode::kAveragePool2d, 1, sizeof(PoolParams), CheckPool, RunAverage};
const Kernel kMaxPool2d{OperatorCode::kMaxPool2d, 1, sizeof(PoolParams), CheckPool, RunMaximum};
const Kernel kMean{OperatorCode::kMean, 1, sizeof(MeanParams), CheckMean, RunMean};

}  // namespace tinyhost::simd
