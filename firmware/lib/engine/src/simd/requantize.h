#pragma once

#include "../kernels/requantize.h"
#include "simd.h"

namespace tinyhost::simd {

/// Four accumulators, in registers.
struct Four {
  uint32_t a, b, c, d;

  template <typename Function>
  TINYHOST_INLINE void Each(Function function) {
    function(a);
    function(b);
    function(c);
    function(d);
  }
};

/// Where four outputs go, in bytes from the first. A missing output has offset 0: the first is stored last.
struct OutputOffsets {
  int32_t c, d, b;

  static OutputOffsets Of(int32_t n, int32_t step) {
    return {n > 2 ? 2 * step : 0, n > 3 ? 3 * step : 0, n > 1 ? step : 0};
  }
};

/// The output of a sum, bias included, with what Requantization::kBounded promises, in int8's range (clamp.h): two
/// instructions for a scaled channel, five for others.
///
/// For others, with m = 2^31 + r, x * m / 2^32 rounded is SMMLAR(x, r - 2^31, x), which is TFLM's first rounding. Its
/// second one rounds halves away from zero: it shifts x + 2^(n-1), minus 1 where x is negative. The zero point, times
/// 2^n, is part of that constant.
inline int32_t BoundedOutput(const ChannelConstants& channel, uint32_t sum) {
  const int32_t x = static_cast<int32_t>(sum);
  const int32_t multiplier = static_cast<int32_t>(channel.multiplier);
  if (multiplier >= 0) return SaturateToByte(MultiplyHighAddDown(x, multiplier, channel.constant) >> kScaledShift);
  const int32_t product = MultiplyHighAdd(x, multiplier, x);
  return SaturateToByte(WrappingAdd(WrappingAdd(product, product >> 31), channel.constant) >> channel.shift);
}

/// The output of a sum, bias included, in TFLM's arithmetic, step by step.
TINYHOST_NOINLINE inline int32_t ExactOutput(const Requantizer& exact, const ChannelConstants& channel, uint32_t sum) {
  return exact(sum - static_cast<uint32_t>(channel.bias), channel);
}

/// The output of a sum; `exact` is null where kBounded's promises hold.
inline int8_t Output(const Requantizer* exact, const ChannelConstants& channel, uint32_t sum) {
  return static_cast<int8_t>(exact ? ExactOutput(*exact, channel, sum) : BoundedOutput(channel, sum));
}

#ifdef __ARM_FEATURE_SIMD32
#define TINYHOST_SCALED_SHIFT "3"
static_assert(kScaledShift == 3, "instructions have it");
// clang-format off
/// BoundedOutput of four registers for a scaled channel; m, k: its multiplier and constant.
#define TINYHOST_SCALE(a, b, c, d, m, k, shift)                    \
  "smmla " a ", " a ", " m ", " k "\n"                             \
  "smmla " b ", " b ", " m ", " k "\n"                             \
  "smmla " c ", " c ", " m ", " k "\n"                             \
  "smmla " d ", " d ", " m ", " k "\n"                             \
  "ssat " a ", #8, " a ", asr #" shift "\n"                        \
  "ssat " b ", #8, " b ", asr #" shift "\n"                        \
  "ssat " c ", #8, " c ", asr #" shift "\n"                        \
  "ssat " d ", #8, " d ", asr #" shift "\n"
/// The same for other channels; s: the word that starts with the shift.
#define TINYHOST_REQUANTIZE(a, b, c, d, m, k, s)                   \
  "smmlar " a ", " a ", " m ", " a "\n"                            \
  "smmlar " b ", " b ", " m ", " b "\n"                            \
  "smmlar " c ", " c ", " m ", " c "\n"                            \
  "smmlar " d ", " d ", " m ", " d "\n"                            \
  "add " a ", " a ", " a ", asr #31\n"                             \
  "add " b ", " b ", " b ", asr #31\n"                             \
  "add " c ", " c ", " c ", asr #31\n"                             \
  "add " d ", " d ", " d ", asr #31\n"                             \
  "add " a ", " a ", " k "\n"                                      \
  "add " b ", " b ", " k "\n"                                      \
  "add " c ", " c ", " k "\n"                                      \
  "add " d ", " d ", " k "\n"                                      \
  "asr " a ", " a ", " s "\n"                                      \
  "asr " b ", " b ", " s "\n"                                      \
  "asr " c ", " c ", " s "\n"                                      \
  "asr " d ", " d ", " s "\n"                                      \
  "ssat " a ", #8, " a "\n"                                        \
  "ssat " b ", #8, " b "\n"                                        \
  "ssat " c ", #8, " c "\n"                                        \
  "ssat " d ", #8, " d "\n"
// clang-format on
#endif

/// Stores the outputs of four sums of one channel; `exact` is null where kBounded's promises hold.
TINYHOST_NOINLINE inline void StoreFour(const Requantizer* exact, const ChannelConstants& channel, Four sums,
                                        int8_t* output, const OutputOffsets& offsets) {
#ifdef __ARM_FEATURE_SIMD32
  if (!exact) {
    uint32_t m, k, s;
    __asm__(
        "ldrd %[m], %[k], [%[channel], #4]\n"
        "cmp %[m], #0\n"
        "bmi 1f\n"  //
        TINYHOST_SCALE("%[a]", "%[b]", "%[c]", "%[d]", "%[m]", "%[k]", TINYHOST_SCALED_SHIFT)
        "b 2f\n"
        "1:\n"
        "ldr %[s], [%[channel], #12]\n"  //
        TINYHOST_REQUANTIZE("%[a]", "%[b]", "%[c]", "%[d]", "%[m]", "%[k]", "%[s]")
        "2:\n"
        :
        [a] "+r"(sums.a), [b] "+r"(sums.b), [c] "+r"(sums.c), [d] "+r"(sums.d), [m] "=&r"(m), [k] "=&r"(k), [s] "=&r"(s)
        : [channel] "r"(&channel), "m"(channel)
        : "cc");
  } else {
    sums.Each([&](uint32_t& sum) { sum = static_cast<uint32_t>(ExactOutput(*exact, channel, sum)); });
  }
#else
  sums.Each([&](uint32_t& sum) { sum = static_cast<uint32_t>(Output(exact, channel, sum)); });
#endif
  output[offsets.d] = static_cast<int8_t>(sums.d);
  output[offsets.c] = static_cast<int8_t>(sums.c);
  output[offsets.b] = static_cast<int8_t>(sums.b);
  output[0] = static_cast<int8_t>(sums.a);
}

}  // namespace tinyhost::simd
