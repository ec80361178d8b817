#pragma once

#include "../kernels/patch.h"
#include "simd.h"

namespace tinyhost::simd {

/// How patches unfold.
struct UnfoldedForm {
  UnfoldedForm(const Patch& patch, int32_t input_zero_point)
      : n_pieces(patch.n_pieces()),
        n_words(patch.words_per_piece()),
        n_tail(patch.tail_bytes()),
        zero_point(input_zero_point) {}
  int32_t n_pieces;
  int32_t n_words;
  int32_t n_tail;
  int32_t zero_point;
};

/// Four patches in memory: the pieces of one are piece_step bytes apart, the patches lane_step bytes.
struct FourPatches {
  const int8_t* data;  // of the first piece that there is
  int32_t piece_step;
  int32_t lane_step;
  int32_t first;  // pieces [first, last) are there; the others count as the zero point
  int32_t last;
};

/// Unfolds n_words of four lanes: 18 instructions per 16 bytes.
__attribute__((always_inline)) inline uint32_t* UnfoldWords(const int8_t* lane, int32_t lane_step, int32_t n_words,
                                                            uint32_t* out) {
  const int8_t *second = lane + lane_step, *third = second + lane_step, *fourth = third + lane_step;
#ifdef __ARM_FEATURE_SIMD32
  uint32_t a, b, c, d, x, y;
  // clang-format off
  __asm__("1:\n"
          "ldr %[a], [%[first]], #4\n"
          "ldr %[b], [%[second]], #4\n"
          "ldr %[c], [%[third]], #4\n"
          "ldr %[d], [%[fourth]], #4\n"
          "sxtb16 %[x], %[a]\n"
          "sxtb16 %[y], %[b]\n"
          "strd %[x], %[y], [%[out]], #8\n"
          "sxtb16 %[x], %[c]\n"
          "sxtb16 %[y], %[d]\n"
          "strd %[x], %[y], [%[out]], #8\n"
          "sxtb16 %[a], %[a], ror #8\n"
          "sxtb16 %[b], %[b], ror #8\n"
          "strd %[a], %[b], [%[out]], #8\n"
          "sxtb16 %[c], %[c], ror #8\n"
          "sxtb16 %[d], %[d], ror #8\n"
          "strd %[c], %[d], [%[out]], #8\n"
          "subs %[n], %[n], #1\n"
          "bne 1b\n"
          : [first] "+r"(lane), [second] "+r"(second), [third] "+r"(third), [fourth] "+r"(fourth), [out] "+r"(out),
            [n] "+r"(n_words), [a] "=&r"(a), [b] "=&r"(b), [c] "=&r"(c), [d] "=&r"(d), [x] "=&r"(x), [y] "=&r"(y)
          :
          : "cc", "memory");
  // clang-format on
#else
  for (int32_t i = 0; i < 4 * n_words; i += 4, out += 8) {
    const uint32_t words[] = {Load(lane + i), Load(second + i), Load(third + i), Load(fourth + i)};
    for (int32_t j = 0; j < 4; ++j) {
      out[j] = EvenBytes(words[j]);
      out[4 + j] = OddBytes(words[j]);
    }
  }
#endif
  return out;
}

/// Unfolds four patches side by side, a word of two 16-bit elements of each in turn, in the order of Patch. The last
/// word of joined patches is read whole.
__attribute__((noinline)) inline void UnfoldFourPatches(const UnfoldedForm& form, const FourPatches& source,
                                                        uint32_t* out) {
  const int32_t n_words = form.n_words, lane_step = source.lane_step;
  int16_t* tail = reinterpret_cast<int16_t*>(out + 8 * form.n_pieces * n_words);
  int32_t tail_step = 1;  // to the other half, or to the next word of the lane
  const auto add_tail = [&](int32_t a, int32_t b, int32_t c, int32_t d) {
    StoreHalf(tail, a);
    StoreHalf(tail + 2, b);
    StoreHalf(tail + 4, c);
    StoreHalf(tail + 6, d);
    tail += tail_step;
    tail_step = 8 - tail_step;
  };
  const int8_t* piece = source.data;
  for (int32_t i = 0; i < form.n_pieces; ++i) {
    int32_t n_tail = form.n_tail;
    if (i >= source.first && i < source.last) {
      if (n_words > 0) out = UnfoldWords(piece, lane_step, n_words, out);
      for (const int8_t* data = piece + 4 * n_words; n_tail > 0; --n_tail, ++data) {
        add_tail(data[0], data[lane_step], data[2 * lane_step], data[3 * lane_step]);
      }
      piece += source.piece_step;
    } else {
      const uint32_t pair = static_cast<uint32_t>(form.zero_point & 0xFFFF) * 0x10001u;
      for (const uint32_t* end = out + 8 * n_words; out != end;) *out++ = pair;
      for (; n_tail > 0; --n_tail) add_tail(form.zero_point, form.zero_point, form.zero_point, form.zero_point);
    }
  }
  for (int32_t i = form.n_pieces * form.n_tail; i % 4 != 0; ++i) add_tail(0, 0, 0, 0);
}

/// Copies a window's runs one after the other, n_columns wide, the zero point where padding is; may write 3 bytes more.
/// y, x: where the window starts in the input.
__attribute__((noinline)) inline void CopyWindow(const PatchSource& source, const int8_t* image, int32_t y, int32_t x,
                                                 int32_t n_columns, int8_t* target) {
  const bool taps = source.patch.runs_per_row > 1;
  const int32_t column_bytes = taps ? source.patch.run_bytes : source.patch.run_bytes / source.columns.filter;
  if (taps) n_columns = 1;
  const int32_t n_bytes = n_columns * column_bytes;
  const uint32_t padding = static_cast<uint32_t>(source.zero_point & 0xFF) * 0x01010101u;
  for (int32_t ky = source.rows.filter; ky > 0; --ky, y += source.rows.dilation) {
    int32_t column = x;
    for (int32_t kx = source.patch.runs_per_row; kx > 0; --kx, column += source.columns.dilation) {
      int32_t first = column < 0 ? -column : 0;
      int32_t last = source.columns.input - column;
      if (last > n_columns) last = n_columns;
      if (y < 0 || y >= source.rows.input || first > last) last = first = 0;
      if (last - first < n_columns) {
        for (int32_t i = 0; i < n_bytes; i += 4) StoreWord(target + i, padding);
      }
      const int8_t* from = image + y * source.row_bytes() + (column + first) * source.depth;
      int8_t* to = target + first * column_bytes;
      int32_t n = (last - first) * column_bytes;
      for (; n >= 4; n -= 4, from += 4, to += 4) StoreWord(to, Load(from));
      for (; n > 0; --n) *to++ = *from++;
      target += n_bytes;
    }
  }
}

/// Unfolds one patch of joined pieces, or without tails.
__attribute__((noinline)) inline void UnfoldOnePatch(const int8_t* patch, int32_t n_pairs, uint32_t* out) {
  for (uint32_t* end = out + n_pairs; out != end; patch += 4, out += 2) {
    const uint32_t word = Load(patch);
    out[0] = EvenBytes(word);
    out[1] = OddBytes(word);
  }
}

}  // namespace tinyhost::simd
