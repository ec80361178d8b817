#pragma once

#include "kernel.h"

namespace tinyhost {

/// The input of consecutive output pixels of a pool, in rows one below the other, or the input of a MEAN.
struct PoolWindow {
  const int8_t* data;  // of the first pixel
  int32_t height;
  int32_t width;
  int32_t row_bytes;  // from one row of a window to the next
  int32_t depth;
  int32_t activation_min;
  int32_t activation_max;
  int32_t n_pixels;
  int32_t step;  // bytes from one pixel's window to the next pixel's
  int32_t n_rows;
  int32_t row_step;  // bytes from one row's windows to the next row's
  bool maximum;      // otherwise the mean
  bool line;         // pixels are laid out in the input as in the output
};

/// `check` of every pooling kernel.
Status CheckPool(const OperatorView& op, uint64_t* work);
/// Runs all output pixels in order with the function `words`. It may read and write 3 bytes behind the last channel of
/// pixels with fewer than 4 channels that are not a line; where those bytes would be outside, PoolChannels runs
/// instead.
using PoolFunction = void (*)(const PoolWindow& window, int8_t* output);
void RunPool(const OperatorView& op, PoolFunction words);

/// Computes output pixels of AVERAGE_POOL_2D and of MAX_POOL_2D, channel by channel.
void PoolChannels(const PoolWindow& window, int8_t* output);

/// Mean of values, halves rounded away from zero.
inline int32_t RoundedMean(int32_t sum, int32_t count) { return (sum > 0 ? sum + count / 2 : sum - count / 2) / count; }

}  // namespace tinyhost
