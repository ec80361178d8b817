// AVERAGE_POOL_2D, MAX_POOL_2D and MEAN, four channels at a time. The last four may overlap those before them.

#include "../kernels/pool.h"

#include "../kernels/fixed_point.h"
#include "../kernels/mean.h"
#include "clamp.h"
#include "core/portable.h"
#include "kernels.h"
#include "simd.h"

namespace tinyhost::simd {

namespace {

constexpr int32_t kWord = 4;            // outputs at a time
constexpr int32_t kMaxPackedSum = 255;  // values of -128 in 16 bits
constexpr uint32_t kOnes = 0x10001;

/// The bytes of four channels, or of as many as there are.
inline uint32_t LoadChannels(const int8_t* data, int32_t depth) {
  if (depth >= 4) return Load(data);
  uint32_t word = 0;
  std::memcpy(&word, data, static_cast<size_t>(depth));
  return word;
}

/// Adds up a window of four channels, two instructions per word.
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

/// Calls function(channel) for four channels at a time.
template <typename Function>
TINYHOST_INLINE void ForFourChannels(int32_t depth, Function function) {
  for (int32_t channel = 0; channel < depth; channel += 4) {
    const int32_t last = depth > 4 ? depth - 4 : 0;
    function(channel < last ? channel : last);
  }
}

/// Calls function(data, output) for four outputs at a time of a row that is a line, or of a pixel. The second four may
/// overlap the first; four of fewer channels are stored over.
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

/// Calls function(word) for the words of four channels in a window.
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

/// Sums in 16 bits: of bytes 0 and 2, and of 1 and 3.
struct PackedSums {
  uint32_t even, odd;
};

/// Means of four bytes each. The sum is four times what halving twice has left, `half`, and what that dropped: 2 where
/// the halves are apart by one, 1 for each pair that was. From 2 on that is one more, of a negative sum from 3 on.
TINYHOST_INLINE uint32_t MeanOfBytes(uint32_t a, uint32_t b, uint32_t c, uint32_t d) {
  const uint32_t first = a ^ b, second = c ^ d;
  a = HalfSumBytes(a, b);
  c = HalfSumBytes(c, d);
  const uint32_t halves = a ^ c, half = HalfSumBytes(a, c);
  const uint32_t from_three = halves & (first | second), from_two = halves | (first & second);
  return AddBytes(half, (from_three | (from_two & ~(half >> 7))) & 0x01010101u);
}

/// Eight bytes side by side of either row, with four windows of one or two channels.
struct NarrowWindows {
  uint32_t a, b, c, d;  // above, and below
  int32_t depth;
};

/// Sums of four narrow windows, and 1.
TINYHOST_INLINE PackedSums SumNarrow(const NarrowWindows& of) {
  if (of.depth == 1) {
    const uint32_t first_two = AddOddBytes(AddEvenBytes(AddOddBytes(AddEvenBytes(kOnes, of.a), of.a), of.c), of.c);
    const uint32_t last_two = AddOddBytes(AddEvenBytes(AddOddBytes(AddEvenBytes(kOnes, of.b), of.b), of.d), of.d);
    return {PackLow(first_two, last_two), PackHigh(first_two, last_two)};
  }
  const uint32_t left[2] = {PackLow(of.a, of.b), PackLow(of.c, of.d)};
  const uint32_t right[2] = {PackHigh(of.a, of.b), PackHigh(of.c, of.d)};
  return {AddEvenBytes(AddEvenBytes(AddEvenBytes(AddEvenBytes(kOnes, left[0]), left[1]), right[0]), right[1]),
          AddOddBytes(AddOddBytes(AddOddBytes(AddOddBytes(kOnes, left[0]), left[1]), right[0]), right[1])};
}

/// Maxima of four narrow windows.
TINYHOST_INLINE uint32_t MaximumNarrow(const NarrowWindows& of) {
  const uint32_t first_half = MaximumBytes(of.a, of.c), second_half = MaximumBytes(of.b, of.d);
  const uint32_t low = PackLow(first_half, second_half), high = PackHigh(first_half, second_half);
  if (of.depth == 2) return MaximumBytes(low, high);
  return JoinBytes(MaximumBytes(low, low >> 8), MaximumBytes(high, high >> 8));
}

/// Means of four values, of their sums and 1. A shift rounds down, so that 2 is added to a sum, of a negative one 1:
/// -1, which counts as not negative here, has mean 0 either way.
TINYHOST_INLINE uint32_t MeansOfFour(const PackedSums& sums) {
  return JoinQuarters(sums.even + WithoutHigher(kOnes, sums.even), sums.odd + WithoutHigher(kOnes, sums.odd));
}

/// Sums over a count, with half of it, subtracted where a sum is negative: a division rounds towards zero.
TINYHOST_INLINE uint32_t Means(uint32_t sums, int32_t count) {
  const uint32_t half = static_cast<uint32_t>(count / 2);
  const uint32_t rounded = AddEvenBytes(sums, BySign(sums, (-half & 0xFFFF) * kOnes, half * kOnes));
  const int32_t high = static_cast<int32_t>(rounded) >> 16;
  return PackLow(static_cast<uint32_t>(static_cast<int16_t>(rounded) / count), static_cast<uint32_t>(high / count));
}

/// A window of whole rows of the input, as one row, or as rows of three, which are fast.
TINYHOST_NOINLINE PoolWindow Joined(const PoolWindow& of) {
  PoolWindow window = of;
  if (window.width * window.depth != window.row_bytes) return window;
  const int32_t count = window.width * window.height;
  window.width = count % 3 == 0 ? 3 : count;
  window.height = count / window.width;
  window.row_bytes = window.width * window.depth;
  return window;
}

/// Means of up to kMaxPackedSum values.
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

/// Rows of windows of 2x2, all whole or all cut: what is missing of one is what it has of the same, counted twice.
struct PairRows {
  int32_t depth;
  int32_t below;   // from a row of the windows to their second one; 0 where that is missing
  int32_t tap;     // from a column to the second one; 0 likewise
  int32_t length;  // outputs side by side, of inputs side by side: those of a pixel, or of a line
  int32_t n;       // such in a row
  int32_t step;    // from the input of one to that of the next one
  int32_t n_rows;
  int32_t row_step;
};

using PairFunction = void (*)(const PairRows& rows, const int8_t* row, int8_t* output);

/// OfWords: four outputs of four words. The second four of a pixel or a line may overlap the first; four of fewer
/// channels are stored over.
template <typename OfWords>
TINYHOST_HOT void RunPairs(const PairRows& of, const int8_t* row, int8_t* output) {
  const PairRows rows = of;  // a copy that outputs cannot alias
  const int32_t tap = rows.tap, first = ((rows.length - 1) & 3) + 1, others = rows.length - first;
  for (int32_t left = rows.n_rows; left > 0; --left, row += rows.row_step) {
    const int8_t *above = row, *below = row + rows.below;
    int32_t n = rows.n;
    if (others == 0) {
      for (; n > 0; --n, above += rows.step, below += rows.step, output += first) {
        StoreWord(output, OfWords()(Load(above), Load(above + tap), Load(below), Load(below + tap)));
      }
      continue;
    }
    for (const int32_t to_next = rows.step - rows.length; n > 0; --n, above += to_next, below += to_next) {
      StoreWord(output, OfWords()(Load(above), Load(above + tap), Load(below), Load(below + tap)));
      above += first, below += first, output += first;
      const int8_t* const end = above + others;
      do {
        const uint32_t right[] = {Load(above + tap), Load(below + tap)};
        const uint32_t a = LoadNext(above), b = LoadNext(below);
        StoreNextWord(output, OfWords()(a, right[0], b, right[1]));
      } while (above != end);
    }
  }
}

/// The same of one or two channels, which are a line with a step of two pixels.
template <typename OfNarrow>
TINYHOST_HOT void RunNarrowPairs(const PairRows& of, const int8_t* row, int8_t* output) {
  const PairRows rows = of;
  const int32_t length = rows.n * rows.depth;
  for (int32_t left = rows.n_rows; left > 0; --left, row += rows.row_step) {
    const int8_t *above = row, *below = row + rows.below, *const end = output + length;
    for (int32_t fours = ((length - 1) & 3) + 1; output != end; fours = kWord) {
      const NarrowWindows windows{Load(above), Load(above + kWord), Load(below), Load(below + kWord), rows.depth};
      StoreWord(output, OfNarrow()(windows));
      above += 2 * fours, below += 2 * fours, output += fours;
    }
  }
}

/// The last pixel of fewer than four channels: there is nothing behind it.
TINYHOST_COLD void RunLastPair(const PairRows& rows, PairFunction run, const int8_t* above, int8_t* output) {
  const uint32_t words[] = {LoadChannels(above, rows.depth), LoadChannels(above + rows.tap, rows.depth),
                            LoadChannels(above + rows.below, rows.depth),
                            LoadChannels(above + rows.below + rows.tap, rows.depth)};
  uint32_t word;
  const PairRows one{kWord, 2 * kWord, kWord, kWord, 1, 0, 1, 0};
  run(one, reinterpret_cast<const int8_t*>(words), reinterpret_cast<int8_t*>(&word));
  std::memcpy(output, &word, static_cast<size_t>(rows.depth));
}

/// Runs a pool of 2x2, or along a line of 2, without padding above and at the left, as most are; false for others. A
/// line's mean is that of it twice.
TINYHOST_COLD bool RunTwoByTwo(const OperatorView& op, PairFunction pairs, PairFunction narrow_pairs) {
  const PoolParams& params = *op.params<PoolParams>();
  const int32_t height = op.inputs[0].dims[1], width = op.inputs[0].dims[2], depth = op.output.dims[3];
  const int32_t n_rows = op.output.dims[1], n_columns = op.output.dims[2];
  const int32_t stride = params.stride_width, step = stride * depth, row_bytes = width * depth;
  const int32_t filter = params.filter_height, row_stride = params.stride_height;
  int32_t n_whole = width < 2 ? 0 : (width - 2) / stride + 1;  // columns
  if (n_whole > n_columns) n_whole = n_columns;
  const bool is_narrow = stride == 2 && depth <= 2, is_line = stride == 1, is_cut = n_whole < n_columns;
  if (filter > 2 || params.filter_width != 2 || params.pad_top + params.pad_left != 0 ||
      (depth < kWord && (n_whole * depth < kWord || (stride > 2 && depth < 3)))) {
    return false;
  }
  const bool ends = depth < kWord && (is_cut || !(is_line || is_narrow));  // in a pixel with nothing behind it
  PairRows rows{depth, row_bytes, depth, depth, n_whole, step, 1, row_stride * row_bytes};
  if (is_line) rows.length = n_whole * depth, rows.n = n_whole > 0;
  PairRows cut = rows;
  cut.tap = 0, cut.length = depth, cut.n = 1;
  const int32_t to_last = (n_columns - 1) * step, n = rows.n;
  const int32_t n_whole_rows = height < filter ? 0 : (height - filter) / row_stride + 1;
  int32_t n_clear = n_rows - ends;  // rows that do not end with either tensor
  const int32_t n_inside = height - ends < filter ? 0 : (height - ends - filter) / row_stride + 1;
  if (n_clear > n_inside) n_clear = n_inside;
  const int8_t* image = op.input_data<int8_t>();
  int8_t* output = op.output_data<int8_t>();
  for (int32_t left = op.output.dims[0]; left > 0; --left, image += height * row_bytes) {
    const int8_t* row = image;
    for (int32_t y = 0; y < n_rows; y += rows.n_rows, row += rows.n_rows * rows.row_step) {
      rows.n_rows = is_cut || y >= n_clear ? 1 : n_clear - y;
      rows.below = cut.below = filter == 2 && y < n_whole_rows ? row_bytes : 0;
      const bool at_end = ends && y >= n_clear;
      rows.n = n - (at_end && !is_cut);
      (is_narrow ? narrow_pairs : pairs)(rows, row, output);
      output += rows.n_rows * n_columns * depth;
      if (at_end) {
        RunLastPair(is_cut ? cut : rows, pairs, row + to_last, output - depth);
      } else if (is_cut) {
        pairs(cut, row + to_last, output - depth);
      }
    }
  }
  return true;
}

struct MeanOfWords {
  TINYHOST_INLINE uint32_t operator()(uint32_t a, uint32_t b, uint32_t c, uint32_t d) const {
    return MeanOfBytes(a, b, c, d);
  }
};

struct MeanOfNarrow {
  TINYHOST_INLINE uint32_t operator()(const NarrowWindows& windows) const { return MeansOfFour(SumNarrow(windows)); }
};

struct MaximumOfWords {
  TINYHOST_INLINE uint32_t operator()(uint32_t a, uint32_t b, uint32_t c, uint32_t d) const {
    return MaximumBytes(MaximumBytes(a, b), MaximumBytes(c, d));
  }
};

struct MaximumOfNarrow {
  TINYHOST_INLINE uint32_t operator()(const NarrowWindows& windows) const { return MaximumNarrow(windows); }
};

void AveragePixels(const PoolWindow& window, int8_t* output) {
  window.height* window.width > kMaxPackedSum ? AverageMany(window, output) : AverageFew(window, output);
}

/// Clamps what was run by fours.
void Finish(const OperatorView& op) {
  const PoolParams& params = *op.params<PoolParams>();
  ClampOutput(op, params.activation_min, params.activation_max);
}

void RunAverage(const OperatorView& op) {
  if (!RunTwoByTwo(op, RunPairs<MeanOfWords>, RunNarrowPairs<MeanOfNarrow>)) RunPool(op, AveragePixels);
  Finish(op);
}

void RunMaximum(const OperatorView& op) {
  if (!RunTwoByTwo(op, RunPairs<MaximumOfWords>, RunNarrowPairs<MaximumOfNarrow>)) RunPool(op, MaximumOf);
  Finish(op);
}

void RunMean(const OperatorView& op) {
  const TensorView& input = op.inputs[0];
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
