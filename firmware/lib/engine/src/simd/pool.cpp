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

/// What four outputs at a time are: of a pixel, or of a row that is a line; of a row of narrow windows; a pixel's, of
/// fewer channels, and what is stored over; or what the window says of the first and the last.
enum class Form { kWords, kNarrow, kPixels, kAny };

Form FormOf(const PoolWindow& window) {
  if (window.line) return window.step != window.depth ? Form::kNarrow : Form::kWords;
  return window.depth < kWord ? Form::kPixels : Form::kWords;
}

/// Calls function(data, output) for four outputs at a time. The second four may overlap the first.
template <bool kInlineTwice, Form kForm, typename Function>
TINYHOST_INLINE void ForEachFour(const PoolWindow& window, int8_t* output, Function function) {
  constexpr bool kNarrow = kForm == Form::kNarrow;
  const bool of_pixels = kForm == Form::kPixels || (kForm == Form::kAny && FormOf(window) == Form::kPixels);
  int32_t length = window.depth, n_pixels = window.n_pixels;
  const int32_t advance = of_pixels ? length : kWord, data_advance = kNarrow ? 8 : (of_pixels ? window.step : kWord);
  if (kNarrow || of_pixels || window.line) {
    length *= n_pixels;
    n_pixels = 1;
  }
  const int32_t skipped = of_pixels ? 0 : -length & 3;  // of the first word
  const int8_t *row = window.data, *pixel = row;
  for (int32_t left = window.n_rows * n_pixels, n = n_pixels; left > 0; --left) {
    const int8_t *data = pixel, *end = output + length;
    if (kInlineTwice) {
      function(data, output);
      data -= kNarrow ? 2 * skipped : skipped;
      output -= skipped;
      while ((output += advance) != end) function(data += data_advance, output);
    } else {
      for (int32_t back = skipped; output != end; back = 0) {
        function(data, output);
        data += data_advance - (kNarrow ? 2 * back : back);
        output += advance - back;
      }
    }
    pixel += window.step;
    if (--n == 0) {
      pixel = row += window.row_step;
      n = n_pixels;
    }
  }
}

/// Calls function(word) for the words of four channels in a window.
template <bool kTwoByTwo, typename Function>
TINYHOST_INLINE void ForEachTap(const PoolWindow& window, const int8_t* row, Function function) {
  const int32_t depth = window.depth;
  if (kTwoByTwo) {
    const int8_t* second = row + window.row_bytes;
    function(Load(row));
    function(Load(row + depth));
    function(Load(second));
    function(Load(second + depth));
    return;
  }
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

/// Sums of a window's four channels in 16 bits: of bytes 0 and 2, and of 1 and 3.
struct PackedSums {
  uint32_t even, odd;
};

/// From `start` on, in both half-words.
template <bool kTwoByTwo>
TINYHOST_INLINE PackedSums SumWindow(const PoolWindow& window, const int8_t* row, uint32_t start) {
  PackedSums sums{start, start};
  ForEachTap<kTwoByTwo>(window, row, [&](uint32_t word) {
    sums.even = AddEvenBytes(sums.even, word);
    sums.odd = AddOddBytes(sums.odd, word);
  });
  return sums;
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
  return JoinQuarters(sums.even + (kOnes & ~(sums.even >> 15)), sums.odd + (kOnes & ~(sums.odd >> 15)));
}

/// Sums over a count, with half of it, subtracted where a sum is negative: a division rounds towards zero.
TINYHOST_INLINE uint32_t Means(uint32_t sums, int32_t count) {
  const uint32_t half = static_cast<uint32_t>(count / 2);
  const uint32_t rounded = AddEvenBytes(sums, BySign(sums, (-half & 0xFFFF) * kOnes, half * kOnes));
  const int32_t high = static_cast<int32_t>(rounded) >> 16;
  return PackLow(static_cast<uint32_t>(static_cast<int16_t>(rounded) / count), static_cast<uint32_t>(high / count));
}

/// A window of whole rows of the input, as one row, or as rows of three, which are fast.
TINYHOST_INLINE PoolWindow Joined(PoolWindow window) {
  if (window.width * window.depth != window.row_bytes) return window;
  const int32_t count = window.width * window.height;
  window.width = count % 3 == 0 ? 3 : count;
  window.height = count / window.width;
  window.row_bytes = window.width * window.depth;
  return window;
}

/// Means of up to kMaxPackedSum values.
template <bool kTwoByTwo, Form kForm>
TINYHOST_HOT void AverageFew(const PoolWindow& of, int8_t* output) {
  const PoolWindow window = kTwoByTwo ? of : Joined(of);  // a copy that outputs cannot alias
  const int32_t count = window.height * window.width;
  ForEachFour<kTwoByTwo, kForm>(window, output, [&](const int8_t* data, int8_t* out) {
    const PackedSums sums =
        kForm == Form::kNarrow ? SumNarrow(window, data) : SumWindow<kTwoByTwo>(window, data, kTwoByTwo ? kOnes : 0);
    StoreWord(out, kTwoByTwo ? MeansOfFour(sums) : JoinBytes(Means(sums.even, count), Means(sums.odd, count)));
  });
}

template <bool kTwoByTwo, Form kForm>
TINYHOST_HOT void MaximumOf(const PoolWindow& of, int8_t* output) {
  const PoolWindow window = kTwoByTwo ? of : Joined(of);  // a copy that outputs cannot alias
  constexpr bool kNarrow = kForm == Form::kNarrow;
  ForEachFour<kTwoByTwo && !kNarrow, kForm>(window, output, [&](const int8_t* data, int8_t* out) {
    uint32_t max = kNarrow ? MaximumNarrow(window, data) : 0x80808080u;
    if (!kNarrow) ForEachTap<kTwoByTwo>(window, data, [&](uint32_t word) { max = MaximumBytes(max, word); });
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

/// Calls the function of a window's taps and form.
#define TINYHOST_POOL(function)                                                    \
  if (!IsTwoByTwo(window)) return function<false, Form::kAny>(window, output);     \
  const Form form = FormOf(window);                                                \
  if (form == Form::kNarrow) return function<true, Form::kNarrow>(window, output); \
  if (form == Form::kPixels) return function<true, Form::kPixels>(window, output); \
  function<true, Form::kWords>(window, output)

void AveragePixels(const PoolWindow& window, int8_t* output) {
  if (window.height * window.width > kMaxPackedSum) return AverageMany(window, output);
  TINYHOST_POOL(AverageFew);
}

void MaximumPixels(const PoolWindow& window, int8_t* output) { TINYHOST_POOL(MaximumOf); }
#undef TINYHOST_POOL

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
  for (int32_t n = input.dims[0]; n > 0; --n, image += height * width * depth, output += depth) {
    const PoolWindow window{image, height, width, width * depth, depth, 0, 0, 1, 0, 1, 0, false, false};
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
