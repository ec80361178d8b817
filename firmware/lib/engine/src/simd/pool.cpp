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

constexpr int32_t kMaxPackedSum = 255;  // values of -128 in 16 bits

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

/// Calls function(data, output) for four channels at a time of every pixel.
template <typename Function>
TINYHOST_INLINE void ForEachFour(const PoolWindow& window, int8_t* output, Function function) {
  const int32_t depth = window.depth, last = depth > 4 ? depth - 4 : 0;
  const int8_t* data = window.data;
  for (int32_t n = window.n_pixels; n > 0; --n, data += window.step, output += depth) {
    for (int32_t channel = 0, place = -1; place != last; channel += 4) {
      place = channel < last ? channel : last;
      function(data + place, output + place);
    }
  }
}

/// Most networks have windows of 2x2.
inline bool IsTwoByTwo(const PoolWindow& window) { return window.height == 2 && window.width == 2; }

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
    const int8_t* data = row;
    for (int32_t n = window.width; n > 0; --n, data += depth) function(Load(data));
  }
}

/// Sums of a window's four channels in 16 bits: of bytes 0 and 2, and of 1 and 3.
struct PackedSums {
  uint32_t even, odd;
};

template <bool kTwoByTwo>
TINYHOST_INLINE PackedSums SumWindow(const PoolWindow& window, const int8_t* row) {
  PackedSums sums{};
  ForEachTap<kTwoByTwo>(window, row, [&](uint32_t word) {
    sums.even = AddEvenBytes(sums.even, word);
    sums.odd = AddOddBytes(sums.odd, word);
  });
  return sums;
}

/// Means of 2 to 128 values, a power of two: a division is a shift. Halves are rounded away from zero: with half of the
/// count added, one less where the sum is negative, and rounded down.
template <bool kTwoByTwo>
void AveragePowerOfTwo(const PoolWindow& of, int8_t* output) {
  const PoolWindow window = of;  // a copy that outputs cannot alias
  const uint32_t count = kTwoByTwo ? 4 : static_cast<uint32_t>(window.height * window.width);
  const uint32_t half = count / 2 * 0x10001u;
  const int shift = CountTrailingZeros(count);
  const auto means = [&](uint32_t sums) { return AddEvenBytes(sums, BySign(sums, half - 0x10001u, half)) >> shift; };
  ForEachFour(window, output, [&](const int8_t* data, int8_t* out) {
    const PackedSums sums = SumWindow<kTwoByTwo>(window, data);
    StoreWord(out, JoinBytes(means(sums.even), means(sums.odd)));
  });
}

/// Means of up to kMaxPackedSum values.
void AverageFew(const PoolWindow& of, int8_t* output) {
  const PoolWindow window = of;  // a copy that outputs cannot alias
  const int32_t count = window.height * window.width;
  const auto means = [&](uint32_t sums) {
    const int32_t high = static_cast<int32_t>(sums) >> 16;
    return PackLow(static_cast<uint32_t>(RoundedMean(static_cast<int16_t>(sums), count)),
                   static_cast<uint32_t>(RoundedMean(high, count)));
  };
  ForEachFour(window, output, [&](const int8_t* data, int8_t* out) {
    const PackedSums sums = SumWindow<false>(window, data);
    StoreWord(out, JoinBytes(means(sums.even), means(sums.odd)));
  });
}

template <bool kTwoByTwo>
void MaximumOf(const PoolWindow& of, int8_t* output) {
  const PoolWindow window = of;  // a copy that outputs cannot alias
  ForEachFour(window, output, [&](const int8_t* data, int8_t* out) {
    uint32_t max = 0x80808080u;
    ForEachTap<kTwoByTwo>(window, data, [&](uint32_t word) { max = MaximumBytes(max, word); });
    StoreWord(out, max);
  });
}

void AveragePixels(const PoolWindow& window, int8_t* output) {
  if (IsTwoByTwo(window)) return AveragePowerOfTwo<true>(window, output);
  const int32_t count = window.height * window.width;
  if (count > 1 && count <= 128 && (count & (count - 1)) == 0) return AveragePowerOfTwo<false>(window, output);
  if (count <= kMaxPackedSum) return AverageFew(window, output);
  ForEachFour(window, output, [&](const int8_t* data, int8_t* out) {
    uint32_t sums[4] = {};
    AddWindow(window, data, sums);
    for (int32_t i = 0; i < 4; ++i) out[i] = static_cast<int8_t>(RoundedMean(static_cast<int32_t>(sums[i]), count));
  });
}

void MaximumPixels(const PoolWindow& window, int8_t* output) {
  if (IsTwoByTwo(window)) return MaximumOf<true>(window, output);
  MaximumOf<false>(window, output);
}

/// Runs a pool by four channels, which leaves the clamp to the finished output.
void RunFours(const OperatorView& op, PoolFunction fours, PoolFunction channels) {
  const PoolParams& params = *op.params<PoolParams>();
  RunPool(op, fours, channels);
  ClampOutput(op, params.activation_min, params.activation_max);
}

void RunAverage(const OperatorView& op) { RunFours(op, AveragePixels, AverageChannels); }

void RunMaximum(const OperatorView& op) { RunFours(op, MaximumPixels, MaximumChannels); }

void RunMean(const OperatorView& op) {
  const TensorView& input = op.inputs[0];
  const int32_t depth = input.dims[3], height = input.dims[1], width = input.dims[2];
  const int8_t* image = op.input_data<int8_t>();
  int8_t* output = op.output_data<int8_t>();
  for (int32_t n = input.dims[0]; n > 0; --n, image += height * width * depth, output += depth) {
    const PoolWindow window{image, height, width, width * depth, depth, 0, 0, 1, 0};
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
