// AVERAGE_POOL_2D, MAX_POOL_2D and MEAN, four channels at a time. The last four may overlap those before them.

#include "../kernels/pool.h"

#include "../kernels/fixed_point.h"
#include "../kernels/mean.h"
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

/// Calls function(channel, channels) for four channels at a time.
template <typename Function>
__attribute__((always_inline)) inline void ForFourChannels(int32_t depth, Function function) {
  for (int32_t channel = 0; channel < depth; channel += 4) {
    const int32_t last = depth > 4 ? depth - 4 : 0;
    function(channel < last ? channel : last);
  }
}

void AveragePixel(const PoolWindow& window, int8_t* output) {
  const int32_t count = window.height * window.width;
  ForFourChannels(window.depth, [&](int32_t channel) {
    uint32_t sums[4] = {};
    AddWindow(window, window.data + channel, sums);
    for (int32_t i = 0; i < 4 && i < window.depth; ++i) {
      const int32_t mean = RoundedMean(static_cast<int32_t>(sums[i]), count);
      output[channel + i] = static_cast<int8_t>(Clamp(mean, window.activation_min, window.activation_max));
    }
  });
}

void MaximumPixel(const PoolWindow& window, int8_t* output) {
  ForFourChannels(window.depth, [&](int32_t channel) {
    const int8_t* row = window.data + channel;
    uint32_t max = 0x80808080u;
    for (int32_t y = window.height; y > 0; --y, row += window.row_bytes) {
      const int8_t* data = row;
      for (int32_t n = window.width; n > 0; --n, data += window.depth) {
        max = MaximumBytes(max, LoadChannels(data, window.depth));
      }
    }
    for (int32_t i = 0; i < 4 && i < window.depth; ++i, max >>= 8) {
      const int32_t value = static_cast<int8_t>(max);
      output[channel + i] = static_cast<int8_t>(Clamp(value, window.activation_min, window.activation_max));
    }
  });
}

void RunAverage(const OperatorView& op) { RunPool(op, AveragePixel); }

void RunMaximum(const OperatorView& op) { RunPool(op, MaximumPixel); }

void RunMean(const OperatorView& op) {
  const TensorView& input = op.inputs[0];
  const int32_t depth = input.dims[3], height = input.dims[1], width = input.dims[2];
  const int8_t* image = op.input_data<int8_t>();
  int8_t* output = op.output_data<int8_t>();
  for (int32_t n = input.dims[0]; n > 0; --n, image += height * width * depth, output += depth) {
    const PoolWindow window{image, height, width, width * depth, depth, 0, 0};
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
