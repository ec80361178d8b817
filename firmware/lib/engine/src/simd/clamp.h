#pragma once

#include "../kernels/kernel.h"
#include "simd.h"

namespace tinyhost::simd {

/// Clamps n bytes: 23 instructions for 16.
TINYHOST_HOT inline void ClampBytes(int8_t* data, uint32_t n, int32_t low, int32_t high) {
  const uint32_t lows = static_cast<uint32_t>(low & 0xFF) * 0x01010101u;
  const uint32_t highs = static_cast<uint32_t>(high & 0xFF) * 0x01010101u;
  const auto clamp = [&](uint32_t& word) { word = MinimumBytes(MaximumBytes(word, lows), highs); };
  while (n > 0) {
    for (; n >= 16 && reinterpret_cast<uintptr_t>(data) % sizeof(uint32_t) == 0; n -= 16, data += 16) {
      uint32_t words[4];
      void* aligned = __builtin_assume_aligned(data, sizeof(uint32_t));
      std::memcpy(words, aligned, sizeof(words));
      clamp(words[0]), clamp(words[1]), clamp(words[2]), clamp(words[3]);
      std::memcpy(aligned, words, sizeof(words));
    }
    if (n == 0) return;
    *data = static_cast<int8_t>(*data < low ? low : (*data > high ? high : *data));
    --n, ++data;
  }
}

/// Clamps a whole output that its kernel left in int8's range, where that is not the clamp.
inline void ClampOutput(const OperatorView& op, int32_t low, int32_t high) {
  if (high - low != UINT8_MAX) ClampBytes(op.output_data<int8_t>(), op.output.n_bytes, low, high);
}

}  // namespace tinyhost::simd
