#pragma once

#include "../kernels/kernel.h"
#include "simd.h"

namespace tinyhost::simd {

/// Clamps n bytes: 20 instructions for sixteen, or 12 to 14 if `high` is the greatest int8.
TINYHOST_HOT inline void ClampBytes(int8_t* data, uint32_t n, int32_t low, int32_t high) {
  [[maybe_unused]] const uint32_t lows = static_cast<uint32_t>(low & 0xFF) * 0x01010101u;
  [[maybe_unused]] const uint32_t highs = static_cast<uint32_t>(high & 0xFF) * 0x01010101u;
  for (; n > 0; --n, ++data) {
#ifdef __ARM_FEATURE_SIMD32
    // clang-format off
#define TINYHOST_CLAMP_BELOW(word)              \
  "ssub8 %[unused], " word ", %[lows]\n"        \
  "sel " word ", " word ", %[lows]\n"
#define TINYHOST_CLAMP(word)                    \
  TINYHOST_CLAMP_BELOW(word)                    \
  "ssub8 %[unused], " word ", %[highs]\n"       \
  "sel " word ", %[highs], " word "\n"
    if (reinterpret_cast<uintptr_t>(data) % 4 == 0) {
      uint32_t unused;
      for (; n >= 16 && high == INT8_MAX; n -= 16) {
        __asm__ volatile(
            "ldm %[data], {r4, r5, r6, r8}\n"
            TINYHOST_CLAMP_BELOW("r4") TINYHOST_CLAMP_BELOW("r5") TINYHOST_CLAMP_BELOW("r6") TINYHOST_CLAMP_BELOW("r8")
            "stm %[data]!, {r4, r5, r6, r8}\n"
            : [data] "+r"(data), [unused] "=&r"(unused)
            : [lows] "r"(lows)
            : "r4", "r5", "r6", "r8", "cc", "memory");
      }
      for (; n >= 16; n -= 16) {
        __asm__ volatile(
            "ldm %[data], {r4, r5, r6, r8}\n"
            TINYHOST_CLAMP("r4") TINYHOST_CLAMP("r5") TINYHOST_CLAMP("r6") TINYHOST_CLAMP("r8")
            "stm %[data]!, {r4, r5, r6, r8}\n"
            : [data] "+r"(data), [unused] "=&r"(unused)
            : [lows] "r"(lows), [highs] "r"(highs)
            : "r4", "r5", "r6", "r8", "cc", "memory");
      }
      for (; n >= 4; n -= 4, data += 4) StoreWord(data, MinimumBytes(MaximumBytes(Load(data), lows), highs));
      if (n == 0) return;
    }
#undef TINYHOST_CLAMP
#undef TINYHOST_CLAMP_BELOW
    // clang-format on
#endif
    *data = static_cast<int8_t>(*data < low ? low : (*data > high ? high : *data));
  }
}

/// Clamps a whole output whose kernel only kept it in int8's range, unless that range is the clamp.
inline void ClampOutput(const OperatorView& op, int32_t low, int32_t high) {
  if (high - low != UINT8_MAX) ClampBytes(op.output_data<int8_t>(), ElementCount(*op.output), low, high);
}

}  // namespace tinyhost::simd
