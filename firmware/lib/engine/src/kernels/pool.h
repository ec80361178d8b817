#pragma once

#include "kernel.h"

namespace tinyhost {

/// What output pixels of a pool, in rows one below the other, see of the input, or what a MEAN does.
struct PoolWindow {
  const int8_t* data;  // of the first pixel
  int32_t height;
  int32_t width;
  int32_t row_bytes;  // from one row of a window to the next
  int32_t depth;
  int32_t activation_min;
  int32_t activation_max;
  int32_t n_pixels;
  int32_t step;  // bytes from one pixel's window to the next one's
  int32_t n_rows;
  int32_t row_step;  // bytes from one row's windows to the next one's
  bool maximum;      // else the mean
  bool line;         // pixels lie in the input as they do in the output
};

/// `check` of every pooling kernel.
Status CheckPool(const OperatorView& op, uint64_t* work);
/// Calls a function for all output pixels, in order. `words` may read and write 3 bytes behind the last channel of
/// pixels with fewer than 4 that are no line: where those would be outside, PoolChannels is called.
using PoolFunction = void (*)(const PoolWindow& window, int8_t* output);
void RunPool(const OperatorView& op, PoolFunction words);

/// Output pixels of AVERAGE_POOL_2D and of MAX_POOL_2D, channel by channel.
void PoolChannels(const PoolWindow& window, int8_t* output);

/// Mean of values, halves rounded away from zero.
inline int32_t RoundedMean(int32_t sum, int32_t count) { return (sum > 0 ? sum + count / 2 : sum - count / 2) / count; }

}  // namespace tinyhost
