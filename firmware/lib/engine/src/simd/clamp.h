#pragma once

#include "../kernels/kernel.h"
#include "simd.h"

namespace tinyhost::simd {

/// Clamps n bytes: 14 instructions for eight.
TINYHOST_HOT inline void ClampBytes(int8_t* data, uint32_t n, int32_t low, int32_t high) {
  const uint32_t lows = static_cast<uint32_t>(low & 0xFF) * 0x01010101u;
  const uint32_t highs = static_cast<uint32_t>(high & 0xFF) * 0x01010101u;
  for (; n >= 8; n -= 8, data += 8) {
    StoreWord(data, MinimumBytes(MaximumBytes(Load(data), lows), highs));
    StoreWord(data + 4, MinimumBytes(MaximumBytes(Load(data + 4), lows), highs));
  }
  for (; n > 0; --n, ++data) *data = static_cast<int8_t>(*data < low ? low : (*data > high ? high : *data));
}

/// Clamps a whole output that its kernel left in int8's range, where that is not the clamp.
inline void ClampOutput(const OperatorView& op, int32_t low, int32_t high) {
  if (high - low != UINT8_MAX) ClampBytes(op.output_data<int8_t>(), op.output.n_bytes, low, high);
}

}  // namespace tinyhost::simd
