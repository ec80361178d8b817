#pragma once

#include "requantize.h"
#include "simd.h"

namespace tinyhost::simd {

/// One row of outputs of the channels that run together.
struct RowJob {
  const int16_t* planes;
  int32_t top;        // offset in planes of the first row under the windows
  int32_t row_step;   // to the next row under the windows
  int32_t ring_size;  // where rows wrap around to the start
  const uint32_t* weights;
  const ChannelConstants* channels;
  const Requantizer* exact;  // null where Requantization::kBounded holds
  int32_t plane_size;
  int32_t multiplier;
  int32_t n_channels;  // output channels
  int32_t width;
  int32_t stride;
  int32_t out_depth;
  int8_t* output;

  /// The offset of the row after the one at `row`.
  int32_t Next(int32_t row) const {
    const int32_t next = row + row_step;
    return next >= ring_size ? next - ring_size : next;
  }
};

/// Neighbouring windows of several channels.
struct Windows3x3 {
  const int16_t* rows[3];
  struct {
    int32_t rows;    // bytes from the end of a channel's windows to the next channel's
    int32_t output;  // from the end of a channel's outputs to the next channel's
  } back;
  const ChannelConstants* channel;
  const uint32_t* weights;
  int8_t* output;
  struct {
    const int8_t* output;  // of the first channel
    const ChannelConstants* channels;
  } ends;
  OutputOffsets offsets;  // of four neighbours
};

/// Runs four windows at a time: 55 or 60 instructions, 13 more if the channel is not scaled, and 30 per channel.
#ifdef __ARM_FEATURE_SIMD32
// GCC 12 would spill registers here: this needs all 14.
// clang-format off
#define TINYHOST_TAPS(word, taps)                     \
  "sxtb16 %[a], %[" word "]\n"                        \
  "sxtb16 %[" word "], %[" word "], ror #24\n"        \
  "pkhtb %[" word "], %[" word "], %[a], asr #16\n"   \
  "strd %[a], %[" word "], %[" taps "]\n"
#define TINYHOST_ROW_STRIDE_1(row, taps, a_in, b_in, c_in) \
  "ldrd %[t], %[u], %[" taps "]\n"                         \
  "ldrd %[x], %[y], [%[" row "]], #8\n"                    \
  "smlad %[a], %[x], %[t], %[" a_in "]\n"                  \
  "smlatb %[b], %[x], %[t], %[" b_in "]\n"                 \
  "smlabt %[a], %[y], %[u], %[a]\n"                        \
  "smlad %[b], %[y], %[u], %[b]\n"                         \
  "ldr %[x], [%[" row "]]\n"                               \
  "smlad %[c], %[y], %[t], %[" c_in "]\n"                  \
  "smlatb %[d], %[y], %[t], %[d]\n"                        \
  "smlabt %[c], %[x], %[u], %[c]\n"                        \
  "smlad %[d], %[x], %[u], %[d]\n"
#define TINYHOST_ROW_STRIDE_2(row, taps, a_in, b_in, c_in) \
  "ldrd %[t], %[u], %[" taps "]\n"                         \
  "ldrd %[x], %[y], [%[" row "]], #8\n"                    \
  "smlad %[a], %[x], %[t], %[" a_in "]\n"                  \
  "smlabt %[a], %[y], %[u], %[a]\n"                        \
  "smlad %[b], %[y], %[t], %[" b_in "]\n"                  \
  "ldrd %[x], %[y], [%[" row "]], #8\n"                    \
  "smlabt %[b], %[x], %[u], %[b]\n"                        \
  "smlad %[c], %[x], %[t], %[" c_in "]\n"                  \
  "smlabt %[c], %[y], %[u], %[c]\n"                        \
  "smlad %[d], %[y], %[t], %[d]\n"                         \
  "ldr %[x], [%[" row "]]\n"                               \
  "smlabt %[d], %[x], %[u], %[d]\n"
#define TINYHOST_WINDOWS                                                                                     \
  __asm__ volatile(                                                                                               \
      "adr.w %[t], 8f\n"                                                                                          \
      "adr.w %[u], 3f\n"                                                                                          \
      "ldr %[x], %[entry]\n"                                                                                      \
      "cmp %[x], #1\n"                                                                                            \
      "it ne\n"                                                                                                   \
      "movne %[t], %[u]\n"                                                                                        \
      "orr %[t], %[t], #1\n"                                                                                      \
      "str %[t], %[entry]\n"                                                                                      \
      "1:\n"                                                                                                      \
      "ldr %[x], %[weights]\n"                                                                                    \
      "ldrd %[t], %[u], [%[x]], #8\n"                                                                             \
      "ldr %[y], [%[x]], #4\n"                                                                                    \
      "str %[x], %[weights]\n"                                                                                    \
      TINYHOST_TAPS("t", "taps0")                                                                                 \
      TINYHOST_TAPS("u", "taps1")                                                                                 \
      TINYHOST_TAPS("y", "taps2")                                                                                 \
      "2:\n"                                                                                                      \
      "ldr %[d], [%[channel]]\n"                                                                                  \
      "ldr pc, %[entry]\n"                                                                                        \
      "8:\n"                                                                                                      \
      TINYHOST_ROW_STRIDE_1("row0", "taps0", "d", "d", "d")                                                       \
      TINYHOST_ROW_STRIDE_1("row1", "taps1", "a", "b", "c")                                                       \
      TINYHOST_ROW_STRIDE_1("row2", "taps2", "a", "b", "c")                                                       \
      "4:\n"                                                                                                      \
      "ldrd %[t], %[u], [%[channel], #4]\n"                                                                       \
      "cmp %[t], #0\n"                                                                                            \
      "bmi 6f\n"                                                                                                  \
      TINYHOST_SCALE("%[a]", "%[b]", "%[c]", "%[d]", "%[t]", "%[u]", TINYHOST_SCALED_SHIFT)                       \
      "7:\n"                                                                                                      \
      "ldrd %[x], %[y], %[offsets]\n"                                                                             \
      "strb %[d], [%[out], %[y]]\n"                                                                               \
      "ldr %[t], %[end]\n"                                                                                        \
      "strb %[c], [%[out], %[x]]\n"                                                                               \
      "strb %[b], [%[out], %[step]]\n"                                                                            \
      "strb %[a], [%[out]]\n"                                                                                     \
      "add %[out], %[out], %[step], lsl #2\n"                                                                     \
      "cmp %[out], %[t]\n"                                                                                        \
      "bne 2b\n"                                                                                                  \
      "ldrd %[u], %[x], %[back]\n"                                                                           \
      "ldrd %[t], %[y], %[end]\n"                                                                                  \
      "add %[row0], %[row0], %[u]\n"                                                                              \
      "add %[row1], %[row1], %[u]\n"                                                                              \
      "add %[row2], %[row2], %[u]\n"                                                                              \
      "add %[out], %[out], %[x]\n"                                                                                \
      "add %[t], %[t], #1\n"                                                                                      \
      "str %[t], %[end]\n"                                                                                        \
      "add %[channel], %[channel], #16\n"                                                                         \
      "cmp %[channel], %[y]\n"                                                                                    \
      "bne 1b\n"                                                                                                  \
      "b 5f\n"                                                                                                    \
      "3:\n"                                                                                                      \
      TINYHOST_ROW_STRIDE_2("row0", "taps0", "d", "d", "d")                                                       \
      TINYHOST_ROW_STRIDE_2("row1", "taps1", "a", "b", "c")                                                       \
      TINYHOST_ROW_STRIDE_2("row2", "taps2", "a", "b", "c")                                                       \
      "b 4b\n"                                                                                                    \
      "6:\n"                                                                                                      \
      "ldr %[x], [%[channel], #12]\n"                                                                             \
      TINYHOST_REQUANTIZE("%[a]", "%[b]", "%[c]", "%[d]", "%[t]", "%[u]", "%[x]")                                 \
      "b 7b\n"                                                                                                    \
      "5:\n"                                                                                                      \
      : [a] "=&r"(a), [b] "=&r"(b), [c] "=&r"(c), [d] "=&r"(d), [row0] "+r"(w.rows[0]), [row1] "+r"(w.rows[1]),   \
        [row2] "+r"(w.rows[2]), [t] "=&r"(t), [u] "=&r"(u), [x] "=&r"(x), [y] "=&r"(y), [out] "+r"(w.output),     \
        [channel] "+r"(w.channel), [weights] "+m"(w.weights), [end] "+m"(w.ends), [entry] "+m"(entry), [taps0] "=m"(taps[0]),           \
        [taps1] "=m"(taps[2]), [taps2] "=m"(taps[4])                                                              \
      : [step] "r"(w.offsets.b), [offsets] "m"(w.offsets), [back] "m"(w.back) \
      : "cc", "memory")

TINYHOST_HOT inline void RunWindows(Windows3x3 w, int32_t stride) {
  uint32_t a, b, c, d, t, u, x, y;
  uint32_t taps[6];  // of three rows: taps 0 and 1, taps 1 and 2
  uintptr_t entry = static_cast<uintptr_t>(stride);  // then the address of its steps
  TINYHOST_WINDOWS;
}
#undef TINYHOST_WINDOWS
#undef TINYHOST_ROW_STRIDE_2
#undef TINYHOST_ROW_STRIDE_1
#undef TINYHOST_TAPS
// clang-format on
#else
inline void RunWindows(Windows3x3 w, int32_t stride) {
  for (; w.channel != w.ends.channels; ++w.channel, w.weights += 3, ++w.ends.output, w.output += w.back.output) {
    do {
      uint32_t sums[4];
      for (int32_t i = 0; i < 4; ++i) {
        sums[i] = static_cast<uint32_t>(w.channel->bias);
        for (int32_t ky = 0; ky < 3; ++ky) {
          const int16_t* row = w.rows[ky] + i * stride;
          sums[i] = DualMultiplyAdd(Load(row), EvenBytes(w.weights[ky]), sums[i]);
          sums[i] = MultiplyAddLowLow(Load(row + 2), OddBytes(w.weights[ky]), sums[i]);
        }
      }
      StoreFour(nullptr, *w.channel, {sums[0], sums[1], sums[2], sums[3]}, w.output, w.offsets);
      for (const int16_t*& row : w.rows) row += 4 * stride;
      w.output += 4 * w.offsets.b;
    } while (w.output != w.ends.output);
    for (const int16_t*& row : w.rows) row += w.back.rows / 2;
  }
}
#endif

/// Computes the outputs of all channels of a 3x3 filter of stride 1 or 2 in a row, where kBounded holds: n_blocks
/// blocks of four from column x on, of which n are stored.
TINYHOST_COLD inline void RunBlocks3x3(const RowJob& job, int32_t x, int32_t n_blocks, int32_t n) {
  const int32_t second = job.Next(job.top), third = job.Next(second);
  const bool planes_alone = job.multiplier == 1;
  Windows3x3 w{};
  w.offsets = OutputOffsets::Of(n, job.out_depth);
  w.back.rows = 2 * ((planes_alone ? job.plane_size : 0) - 4 * n_blocks * job.stride);
  w.back.output = 1 - 4 * n_blocks * w.offsets.b;
  w.weights = job.weights;
  w.channel = job.channels;
  const int32_t n_channels = planes_alone ? job.n_channels : job.multiplier;  // of neighbouring planes, or of one
  const int16_t* plane = job.planes + x * job.stride;
  int8_t* output = job.output + x * job.out_depth;
  for (int8_t* end = output + job.n_channels; output != end; output += n_channels, plane += job.plane_size) {
    w.rows[0] = plane + job.top;
    w.rows[1] = plane + second;
    w.rows[2] = plane + third;
    w.output = output;
    w.ends.output = output + 1 - w.back.output;
    w.ends.channels = w.channel + n_channels;
    RunWindows(w, job.stride);
    w.channel = w.ends.channels;
    w.weights += 3 * n_channels;
  }
}

}  // namespace tinyhost::simd
