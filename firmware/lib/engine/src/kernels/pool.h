#pragma once

#include "kernel.h"

namespace tinyhost {

/// What one output pixel of a pool, or of a MEAN, sees of the input.
struct PoolWindow {
  const int8_t* data;
  int32_t height;
  int32_t width;
  int32_t row_bytes;
  int32_t depth;
  int32_t activation_min;
  int32_t activation_max;
};

/// `check` of every pooling kernel.
Status CheckPool(const OperatorView& op, uint64_t* work);
/// Calls `pixel` for every output pixel, in order.
void RunPool(const OperatorView& op, void (*pixel)(const PoolWindow& window, int8_t* output));

/// An output pixel of AVERAGE_POOL_2D and of MAX_POOL_2D, channel by channel.
void AverageChannels(const PoolWindow& window, int8_t* output);
void MaximumChannels(const PoolWindow& window, int8_t* output);

/// Mean of values, halves rounded away from zero.
inline int32_t RoundedMean(int32_t sum, int32_t count) { return (sum > 0 ? sum + count / 2 : sum - count / 2) / count; }

}  // namespace tinyhost
