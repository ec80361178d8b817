#pragma once

#include "../kernels/patch.h"
#include "simd.h"

namespace tinyhost::simd {

/// How patches are unfolded.
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

/// Four patches in memory: the pieces of a patch are piece_step bytes apart, the patches lane_step bytes.
struct FourPatches {
  const int8_t* data;  // of the first piece that is present
  int32_t piece_step;
  int32_t lane_step;
  int32_t first;  // pieces [first, last) are present; the others count as the zero point
  int32_t last;
};

/// Unfolds the words of the pieces that are present: 18 instructions per 16 bytes, and 11 per piece.
TINYHOST_INLINE uint32_t* UnfoldWords(const FourPatches& source, int32_t n_words, uint32_t* out) {
  const int8_t *lane = source.data, *second = lane + source.lane_step, *third = second + source.lane_step;
  const int8_t* fourth = third + source.lane_step;
  const int32_t to_next = source.piece_step - 4 * n_words;
  int32_t n_pieces = source.last - source.first;
#ifdef __ARM_FEATURE_SIMD32
  uint32_t a, b, c, d, x, y, n;
  // clang-format off
  __asm__("1:\n"
          "ldr %[n], %[n_words]\n"
          "2:\n"
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
          "bne 2b\n"
          "ldr %[x], %[to_next]\n"
          "ldr %[y], %[n_pieces]\n"
          "add %[first], %[first], %[x]\n"
          "add %[second], %[second], %[x]\n"
          "add %[third], %[third], %[x]\n"
          "add %[fourth], %[fourth], %[x]\n"
          "subs %[y], %[y], #1\n"
          "str %[y], %[n_pieces]\n"
          "bne 1b\n"
          : [first] "+r"(lane), [second] "+r"(second), [third] "+r"(third), [fourth] "+r"(fourth), [out] "+r"(out),
            [n] "=&r"(n), [a] "=&r"(a), [b] "=&r"(b), [c] "=&r"(c), [d] "=&r"(d), [x] "=&r"(x), [y] "=&r"(y),
            [n_pieces] "+m"(n_pieces)
          : [n_words] "m"(n_words), [to_next] "m"(to_next)
          : "cc", "memory");
  // clang-format on
#else
  for (; n_pieces > 0; --n_pieces, lane += to_next, second += to_next, third += to_next, fourth += to_next) {
    for (int32_t n = n_words; n > 0; --n, lane += 4, second += 4, third += 4, fourth += 4, out += 8) {
      const uint32_t words[] = {Load(lane), Load(second), Load(third), Load(fourth)};
      for (int32_t j = 0; j < 4; ++j) {
        out[j] = EvenBytes(words[j]);
        out[4 + j] = OddBytes(words[j]);
      }
    }
  }
#endif
  return out;
}

/// Unfolds the bytes that follow the words of all pieces, and pads to whole groups of four.
TINYHOST_COLD inline void UnfoldTails(const UnfoldedForm& form, const FourPatches& source, int16_t* out) {
  int32_t step = 1;  // to the other half, or to the next word of the lane
  const int8_t* piece = source.data + 4 * form.n_words;
  for (int32_t i = 0; i < form.n_pieces; ++i) {
    const bool inside = i >= source.first && i < source.last;
    for (int32_t j = 0; j < form.n_tail; ++j) {
      const int8_t* data = piece + j;
      for (int32_t lane = 0; lane < 8; lane += 2, data += source.lane_step) {
        StoreHalf(out + lane, inside ? *data : form.zero_point);
      }
      out += step;
      step = 8 - step;
    }
    if (inside) piece += source.piece_step;
  }
  for (int32_t i = form.n_pieces * form.n_tail; i % 4 != 0; ++i) {
    for (int32_t lane = 0; lane < 8; lane += 2) StoreHalf(out + lane, 0);
    out += step;
    step = 8 - step;
  }
}

/// UnfoldTails of one byte each, for pieces that are all present, as in a filter 3 wide on three channels.
TINYHOST_HOT inline void UnfoldSingleTails(const UnfoldedForm& form, const FourPatches& source, uint32_t* out) {
  const int8_t* lane = source.data + 4 * form.n_words;
  for (uint32_t* end = out + 4; out != end; ++out, lane += source.lane_step) {
    const int8_t* tail = lane;
    uint32_t* pair = out;
    int32_t n = form.n_pieces;
    for (; n > 1; n -= 2, pair += 4, tail += 2 * source.piece_step) {
      *pair = PackLow(static_cast<uint32_t>(tail[0]), static_cast<uint32_t>(tail[source.piece_step]));
    }
    if (n > 0) *pair = static_cast<uint16_t>(*tail), pair += 4;
    if ((form.n_pieces + 1) & 2) *pair = 0;
  }
}

/// Unfolds four patches side by side in the order of Patch: a word with two 16-bit elements of each in turn. The last
/// word of joined patches is read whole.
TINYHOST_NOINLINE inline void UnfoldFourPatches(const UnfoldedForm& form, const FourPatches& source, uint32_t* out) {
  if (form.n_words > 0) {
    const uint32_t padding = static_cast<uint32_t>(form.zero_point & 0xFFFF) * 0x10001u;
    const int32_t piece_words = 8 * form.n_words;
    for (int32_t n = source.first * piece_words; n > 0; --n) *out++ = padding;
    if (source.first < source.last) out = UnfoldWords(source, form.n_words, out);
    for (int32_t n = (form.n_pieces - source.last) * piece_words; n > 0; --n) *out++ = padding;
  }
  if (form.n_tail == 1 && source.last - source.first == form.n_pieces) return UnfoldSingleTails(form, source, out);
  if (form.n_tail > 0) UnfoldTails(form, source, reinterpret_cast<int16_t*>(out));
}

/// Copies n bytes from the last to the first, by words; the word at the start may overlap the one behind it.
TINYHOST_INLINE void CopyBytes(const int8_t* from, int32_t n, int8_t* to) {
  if (n < 4) {
    while (--n >= 0) to[n] = from[n];
    return;
  }
  for (n -= 4; n > 0; n -= 4) StoreWord(to + n, Load(from + n));
  StoreWord(to, Load(from));
}

/// Copies a window's runs, n_columns wide, one after the other, with the zero point as padding; may write 3 bytes more.
/// (y, x) is where the window starts in the input.
TINYHOST_COLD inline void CopyWindow(const PatchSource& source, const int8_t* image, int32_t y, int32_t x,
                                     int32_t n_columns, int8_t* target) {
  const WindowAxis &rows = source.rows, &columns = source.columns;
  const int32_t n_taps = source.patch.runs_per_row;  // taps of a row that are copied one by one, or 1 for whole rows
  const int32_t column_bytes = n_taps > 1 ? source.patch.run_bytes : source.patch.run_bytes / columns.filter;
  if (n_taps > 1) n_columns = 1;
  const int32_t run_bytes = n_columns * column_bytes, row_bytes = source.row_bytes();
  const uint32_t padding = static_cast<uint32_t>(source.zero_point & 0xFF) * 0x01010101u;
  for (int8_t *at = target, *end = target + rows.filter * n_taps * run_bytes; at < end; at += 4) StoreWord(at, padding);
  for (int32_t kx = 0; kx < n_taps; ++kx, x += columns.dilation, target += run_bytes) {
    const int32_t first = x < 0 ? -x : 0;
    const int32_t last = columns.input - x < n_columns ? columns.input - x : n_columns;
    if (first >= last) continue;
    const int32_t n_bytes = (last - first) * column_bytes;
    int8_t* run = target + first * column_bytes;
    for (int32_t ky = rows.filter, row = y; ky > 0; --ky, row += rows.dilation, run += n_taps * run_bytes) {
      if (row < 0 || row >= rows.input) continue;
      const int8_t* from = image + row * row_bytes + (x + first) * source.depth;
      CopyBytes(from, n_bytes, run);
    }
  }
}

/// Unfolds one patch that has joined pieces or no tails.
TINYHOST_NOINLINE inline void UnfoldOnePatch(const int8_t* patch, int32_t n_pairs, uint32_t* out) {
  for (uint32_t* end = out + n_pairs; out != end; patch += 4, out += 2) {
    const uint32_t word = Load(patch);
    out[0] = EvenBytes(word);
    out[1] = OddBytes(word);
  }
}

}  // namespace tinyhost::simd
