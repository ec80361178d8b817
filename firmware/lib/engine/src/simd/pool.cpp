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

/// Most networks have windows of 2x2.
bool IsTwoByTwo(const PoolWindow& window) { return window.height == 2 && window.width == 2; }

/// Calls function(data, output, tap_bytes) for four outputs at a time of each pixel's windows of 2x2. The last four
/// may overlap those before; four of fewer channels are stored over.
template <typename Function>
TINYHOST_INLINE void ForEachTwoByTwo(const PoolWindow& window, int8_t* output, Function function) {
  int32_t length = window.depth, n_pixels = window.n_pixels;
  if (window.line) {
    length *= n_pixels;
    n_pixels = 1;
  }
  const int32_t before = (length - 1) & ~3, back = before + kWord - length;  // of the last four
  const int8_t* row = window.data;
  for (int32_t n_rows = window.n_rows; n_rows > 0; --n_rows, row += window.row_step) {
    const int8_t* data = row;
    for (int32_t n = n_pixels, tap_bytes = window.tap_bytes;; tap_bytes = 0, n = 1) {
      if (before == 0) {
        for (; n > 0; --n, data += window.step, output += length) function(data, output, tap_bytes);
      }
      for (; n > 0; --n, data += window.step - before, output += length - before) {
        const int8_t* const end = output + before;
        do {
          function(data, output, tap_bytes);
          data += kWord, output += kWord;
        } while (output != end);
        function(data - back, output - back, tap_bytes);
      }
      if (!window.cut || tap_bytes == 0) break;
    }
  }
}

/// Calls function(data, output) for four outputs at a time of a row that is a line, or of a pixel. The second four may
/// overlap the first; four of fewer channels are stored over. kTimes: how far apart the input has what is side by side
/// in the output of lines.
template <int kTimes, typename Function>
TINYHOST_INLINE void ForEachFour(const PoolWindow& window, int8_t* output, Function function) {
  int32_t length = window.depth, n_pixels = kTimes > 1 ? 1 : window.n_pixels;
  if (kTimes > 1 || window.line) {
    length *= window.n_pixels;
    n_pixels = 1;
  }
  const int8_t* row = window.data;
  for (int32_t n_rows = window.n_rows; n_rows > 0; --n_rows, row += window.row_step) {
    const int8_t* pixel = row;
    for (int32_t n = n_pixels; n > 0; --n, pixel += window.step) {
      const int8_t *data = pixel, *const end = output + length;
      for (int32_t back = -length & 3; output != end; back = 0) {
        function(data, output);
        data += kTimes * (kWord - back), output += kWord - back;
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

/// Sums of four narrow windows, and 1.
TINYHOST_INLINE PackedSums SumNarrow(const PoolWindow& window, const int8_t* data) {
  const int8_t* second = data + window.row_bytes;
  const uint32_t a = Load(data), b = Load(data + kWord), c = Load(second), d = Load(second + kWord);
  if (window.depth == 1) {
    const uint32_t first_two = AddOddBytes(AddEvenBytes(AddOddBytes(AddEvenBytes(kOnes, a), a), c), c);
    const uint32_t last_two = AddOddBytes(AddEvenBytes(AddOddBytes(AddEvenBytes(kOnes, b), b), d), d);
    return {PackLow(first_two, last_two), PackHigh(first_two, last_two)};
  }
  const uint32_t left[2] = {PackLow(a, b), PackLow(c, d)}, right[2] = {PackHigh(a, b), PackHigh(c, d)};
  return {AddEvenBytes(AddEvenBytes(AddEvenBytes(AddEvenBytes(kOnes, left[0]), left[1]), right[0]), right[1]),
          AddOddBytes(AddOddBytes(AddOddBytes(AddOddBytes(kOnes, left[0]), left[1]), right[0]), right[1])};
}

/// Maxima of four narrow windows.
TINYHOST_INLINE uint32_t MaximumNarrow(const PoolWindow& window, const int8_t* data) {
  const int8_t* second = data + window.row_bytes;
  const uint32_t first_half = MaximumBytes(Load(data), Load(second));
  const uint32_t second_half = MaximumBytes(Load(data + kWord), Load(second + kWord));
  const uint32_t low = PackLow(first_half, second_half), high = PackHigh(first_half, second_half);
  if (window.depth == 2) return MaximumBytes(low, high);
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
  ForEachFour<1>(window, output, [&](const int8_t* data, int8_t* out) {
    PackedSums sums{};
    ForEachTap(window, data, [&](uint32_t word) {
      sums.even = AddEvenBytes(sums.even, word);
      sums.odd = AddOddBytes(sums.odd, word);
    });
    StoreWord(out, JoinBytes(Means(sums.even, count), Means(sums.odd, count)));
  });
}

TINYHOST_HOT void AverageTwoByTwo(const PoolWindow& of, int8_t* output) {
  const PoolWindow window = of;
  ForEachTwoByTwo(window, output, [&](const int8_t* data, int8_t* out, int32_t tap_bytes) {
    const int8_t* second = data + window.row_bytes;
    StoreWord(out, MeanOfBytes(Load(data), Load(data + tap_bytes), Load(second), Load(second + tap_bytes)));
  });
}

TINYHOST_HOT void AverageNarrow(const PoolWindow& of, int8_t* output) {
  const PoolWindow window = of;
  ForEachFour<2>(window, output,
                 [&](const int8_t* data, int8_t* out) { StoreWord(out, MeansOfFour(SumNarrow(window, data))); });
}

TINYHOST_HOT void MaximumOf(const PoolWindow& of, int8_t* output) {
  const PoolWindow joined = Joined(of), window = joined;  // a copy that outputs cannot alias
  ForEachFour<1>(window, output, [&](const int8_t* data, int8_t* out) {
    uint32_t max = 0x80808080u;
    ForEachTap(window, data, [&](uint32_t word) { max = MaximumBytes(max, word); });
    StoreWord(out, max);
  });
}

TINYHOST_HOT void MaximumTwoByTwo(const PoolWindow& of, int8_t* output) {
  const PoolWindow window = of;
  ForEachTwoByTwo(window, output, [&](const int8_t* data, int8_t* out, int32_t tap_bytes) {
    const int8_t* second = data + window.row_bytes;
    const uint32_t above = MaximumBytes(Load(data), Load(data + tap_bytes));
    StoreWord(out, MaximumBytes(above, MaximumBytes(Load(second), Load(second + tap_bytes))));
  });
}

TINYHOST_HOT void MaximumNarrowRows(const PoolWindow& of, int8_t* output) {
  const PoolWindow window = of;
  ForEachFour<2>(window, output, [&](const int8_t* data, int8_t* out) { StoreWord(out, MaximumNarrow(window, data)); });
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

/// Whether four outputs are made of windows of one or two channels side by side.
bool IsNarrow(const PoolWindow& window) { return window.line && window.step != window.depth; }

void AveragePixels(const PoolWindow& window, int8_t* output) {
  if (IsTwoByTwo(window)) return IsNarrow(window) ? AverageNarrow(window, output) : AverageTwoByTwo(window, output);
  window.height* window.width > kMaxPackedSum ? AverageMany(window, output) : AverageFew(window, output);
}

void MaximumPixels(const PoolWindow& window, int8_t* output) {
  if (!IsTwoByTwo(window)) return MaximumOf(window, output);
  IsNarrow(window) ? MaximumNarrowRows(window, output) : MaximumTwoByTwo(window, output);
}

/// Runs a pool by four channels, which leaves the clamp to the finished output.
void RunFours(const OperatorView& op, PoolFunction fours) {
  const PoolParams& params = *op.params<PoolParams>();
  RunPool(op, fours);
  ClampOutput(op, params.activation_min, params.activation_max);
}

void RunAverage(const OperatorView& op) { RunFours(op, AveragePixels); }

void RunMaximum(const OperatorView& op) { RunFours(op, MaximumPixels); }

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
