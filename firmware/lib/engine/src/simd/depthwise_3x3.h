#pragma once

#include "requantize.h"
#include "simd.h"

namespace tinyhost::simd {

/// One row of outputs, of all channels.
struct RowJob {
  const int16_t* planes;
  int32_t top;        // offset in planes of the first row under the windows
  int32_t row_step;   // to the next one
  int32_t ring_size;  // after which rows go on at the start
  const uint32_t* weights;
  const ChannelConstants* channels;
  const BoundedRequantizer* requantizer;
  int32_t plane_size;
  int32_t multiplier;
  int32_t width;
  int32_t out_depth;
  int8_t* output;

  /// The offset of the row after the one at `row`.
  int32_t Next(int32_t row) const {
    const int32_t next = row + row_step;
    return next >= ring_size ? next - ring_size : next;
  }
};

struct Rows3 {
  const int16_t* row[3];
};

/// Three taps as the pairs (0, 1) and (1, 2).
struct ThreeTaps {
  explicit ThreeTaps(uint32_t word) : first(EvenBytes(word)), last(first >> 16 | OddBytes(word) << 16) {}
  uint32_t first;
  uint32_t last;
};

/// Adds a row of a 3-wide window at four neighbouring outputs: at stride 1, 12 instructions for 12 products.
template <int kStride>
__attribute__((always_inline)) inline void AddThreeTaps(const int16_t* row, const uint32_t* taps, Four& sums) {
  const uint32_t x0 = Load(row), x1 = Load(row + 2), x2 = Load(row + 4);
  if (kStride == 1) {
    sums.a = MultiplyAddLowHigh(x1, taps[1], DualMultiplyAdd(x0, taps[0], sums.a));
    sums.b = DualMultiplyAdd(x1, taps[1], MultiplyAddHighLow(x0, taps[0], sums.b));
    sums.c = MultiplyAddLowHigh(x2, taps[1], DualMultiplyAdd(x1, taps[0], sums.c));
    sums.d = DualMultiplyAdd(x2, taps[1], MultiplyAddHighLow(x1, taps[0], sums.d));
  } else {
    const uint32_t x3 = Load(row + 6), x4 = Load(row + 8);
    sums.a = MultiplyAddLowHigh(x1, taps[1], DualMultiplyAdd(x0, taps[0], sums.a));
    sums.b = MultiplyAddLowHigh(x2, taps[1], DualMultiplyAdd(x1, taps[0], sums.b));
    sums.c = MultiplyAddLowHigh(x3, taps[1], DualMultiplyAdd(x2, taps[0], sums.c));
    sums.d = MultiplyAddLowHigh(x4, taps[1], DualMultiplyAdd(x3, taps[0], sums.d));
  }
}

template <int kStride>
__attribute__((always_inline)) inline void AddThreeTaps(const int16_t* row, const uint32_t* taps, Two& sums) {
  const uint32_t x0 = Load(row), x1 = Load(row + 2);
  sums.a = MultiplyAddLowHigh(x1, taps[1], DualMultiplyAdd(x0, taps[0], sums.a));
  if (kStride == 1) {
    sums.b = DualMultiplyAdd(x1, taps[1], MultiplyAddHighLow(x0, taps[0], sums.b));
  } else {
    sums.b = MultiplyAddLowHigh(Load(row + 4), taps[1], DualMultiplyAdd(x1, taps[0], sums.b));
  }
}

/// The sums of a 3x3 window at four neighbouring outputs; moves the rows on. Taps: first and last pairs of three rows.
#ifdef __ARM_FEATURE_SIMD32
// GCC 12 spills here.
#define TINYHOST_ROW_STRIDE_1(row, taps_at, a_in, b_in, c_in, d_in) \
  "ldrd %[t], %[u], [%[taps], #" taps_at                            \
  "]\n"                                                             \
  "ldrd %[x], %[y], [%[" row                                        \
  "]], #8\n"                                                        \
  "smlad %[a], %[x], %[t], %[" a_in                                 \
  "]\n"                                                             \
  "smlatb %[b], %[x], %[t], %[" b_in                                \
  "]\n"                                                             \
  "smlabt %[a], %[y], %[u], %[a]\n"                                 \
  "smlad %[b], %[y], %[u], %[b]\n"                                  \
  "ldr %[x], [%[" row                                               \
  "]]\n"                                                            \
  "smlad %[c], %[y], %[t], %[" c_in                                 \
  "]\n"                                                             \
  "smlatb %[d], %[y], %[t], %[" d_in                                \
  "]\n"                                                             \
  "smlabt %[c], %[x], %[u], %[c]\n"                                 \
  "smlad %[d], %[x], %[u], %[d]\n"
#define TINYHOST_ROW_STRIDE_2(row, taps_at, a_in, b_in, c_in, d_in) \
  "ldrd %[t], %[u], [%[taps], #" taps_at                            \
  "]\n"                                                             \
  "ldrd %[x], %[y], [%[" row                                        \
  "]], #8\n"                                                        \
  "smlad %[a], %[x], %[t], %[" a_in                                 \
  "]\n"                                                             \
  "smlabt %[a], %[y], %[u], %[a]\n"                                 \
  "smlad %[b], %[y], %[t], %[" b_in                                 \
  "]\n"                                                             \
  "ldrd %[x], %[y], [%[" row                                        \
  "]], #8\n"                                                        \
  "smlabt %[b], %[x], %[u], %[b]\n"                                 \
  "smlad %[c], %[x], %[t], %[" c_in                                 \
  "]\n"                                                             \
  "smlabt %[c], %[y], %[u], %[c]\n"                                 \
  "smlad %[d], %[y], %[t], %[" d_in                                 \
  "]\n"                                                             \
  "ldr %[x], [%[" row                                               \
  "]]\n"                                                            \
  "smlabt %[d], %[x], %[u], %[d]\n"
#define TINYHOST_ROWS(stride)                                                                                          \
  __asm__(TINYHOST_ROW_STRIDE_##stride("row0", "0", "bias", "bias", "bias", "bias") TINYHOST_ROW_STRIDE_##stride(      \
              "row1", "8", "a", "b", "c", "d") TINYHOST_ROW_STRIDE_##stride("row2", "16", "a", "b", "c", "d")          \
          : [a] "=&r"(sums.a), [b] "=&r"(sums.b), [c] "=&r"(sums.c), [d] "=&r"(sums.d), [row0] "+r"(rows.row[0]),      \
            [row1] "+r"(rows.row[1]), [row2] "+r"(rows.row[2]), [t] "=&r"(t), [u] "=&r"(u), [x] "=&r"(x), [y] "=&r"(y) \
          : [taps] "r"(taps), [bias] "r"(bias)                                                                         \
          : "memory")

template <int kStride>
__attribute__((always_inline)) inline Four FourWindows(Rows3& rows, const uint32_t* taps, uint32_t bias) {
  Four sums;
  uint32_t t, u, x, y;
  if constexpr (kStride == 1) {
    TINYHOST_ROWS(1);
  } else {
    TINYHOST_ROWS(2);
  }
  return sums;
}
#else
template <int kStride>
Four FourWindows(Rows3& rows, const uint32_t* taps, uint32_t bias) {
  Four sums = {bias, bias, bias, bias};
  for (int i = 0; i < 3; ++i, taps += 2, rows.row[i - 1] += 4 * kStride) AddThreeTaps<kStride>(rows.row[i], taps, sums);
  return sums;
}
#endif

/// All channels' rows of outputs of a 3x3 filter.
template <int kStride>
__attribute__((noinline)) void RunRow3x3(const RowJob& job) {
  const uint32_t* weights = job.weights;
  const int32_t second = job.Next(job.top), third = job.Next(second);
  int8_t* output = job.output;
  int8_t* end = output + job.out_depth;
  const int16_t* plane = job.planes;
  const ChannelConstants* channel = job.channels;
  for (int32_t left = job.multiplier; output != end; ++output, ++channel, weights += 3) {
    const ThreeTaps t0(weights[0]), t1(weights[1]), t2(weights[2]);
    const uint32_t taps[6] = {t0.first, t0.last, t1.first, t1.last, t2.first, t2.last};
    const uint32_t bias = static_cast<uint32_t>(channel->bias);
    Rows3 rows = {{plane + job.top, plane + second, plane + third}};
    int8_t* pixel = output;
    int32_t n = job.width;
    for (; n > 2; n -= 4) {
      Four sums = FourWindows<kStride>(rows, taps, bias);
      job.requantizer->Apply(*channel, sums);
      pixel[0] = static_cast<int8_t>(sums.a);
      pixel[job.out_depth] = static_cast<int8_t>(sums.b);
      pixel += 2 * job.out_depth;
      pixel[0] = static_cast<int8_t>(sums.c);
      if (n > 3) pixel[job.out_depth] = static_cast<int8_t>(sums.d);
      pixel += 2 * job.out_depth;
    }
    if (n > 0) {
      Two sums = {bias, bias};
      for (int i = 0; i < 3; ++i) AddThreeTaps<kStride>(rows.row[i], taps + 2 * i, sums);
      job.requantizer->Apply(*channel, sums);
      pixel[0] = static_cast<int8_t>(sums.a);
      if (n > 1) pixel[job.out_depth] = static_cast<int8_t>(sums.b);
    }
    if (--left == 0) plane += job.plane_size, left = job.multiplier;
  }
}

}  // namespace tinyhost::simd
