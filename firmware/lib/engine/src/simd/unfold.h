#pragma once

#include "../kernels/patch.h"
#include "simd.h"

namespace tinyhost::simd {

/// Unfolds runs one after the other into a lane: `lanes` patches side by side, a word of two 16-bit elements of each in
/// turn, in the order of Patch: 7 instructions per 4 bytes, and about 10 per run.
template <int lanes>
class Unfolder {
 public:
  Unfolder(const Patch& patch, uint32_t* out)
      : n_words_(patch.words_per_run()),
        n_tail_(patch.tail_bytes()),
        words_(out),
        tail_(reinterpret_cast<int16_t*>(out + 2 * lanes * patch.n_runs * n_words_)) {}

  __attribute__((always_inline)) void Add(const int8_t* data) {
    uint32_t* words = words_;
    for (int32_t n = n_words_; n > 0; --n, data += 4, words += 2 * lanes) {
      const uint32_t word = Load(data);
      words[0] = EvenBytes(word);
      words[lanes] = OddBytes(word);
    }
    words_ = words;
    for (int32_t n = n_tail_; n > 0; --n) AddTail(*data++);
  }

  /// Adds a run of which only the bytes [first, last) may be read; the others are `value`.
  void AddCut(const int8_t* data, int32_t first, int32_t last, int32_t value) {
    const auto at = [=](int32_t i) { return i >= first && i < last ? data[i] : value; };
    int32_t i = 0;
    for (int32_t n = n_words_; n > 0; --n, i += 4, words_ += 2 * lanes) {
      if (i >= first && i + 4 <= last) {
        const uint32_t word = Load(data + i);
        words_[0] = EvenBytes(word);
        words_[lanes] = OddBytes(word);
      } else {
        words_[0] = PackLow(static_cast<uint32_t>(at(i)), static_cast<uint32_t>(at(i + 2)));
        words_[lanes] = PackLow(static_cast<uint32_t>(at(i + 1)), static_cast<uint32_t>(at(i + 3)));
      }
    }
    for (int32_t n = n_tail_; n > 0; --n) AddTail(at(i++));
  }

  void AddConstant(int32_t value) {
    const uint32_t pair = static_cast<uint32_t>(value & 0xFFFF) * 0x10001u;
    for (int32_t n = 2 * n_words_; n > 0; --n, words_ += lanes) *words_ = pair;
    for (int32_t n = n_tail_; n > 0; --n) AddTail(value);
  }

  /// Fills up to whole groups of four elements.
  void Finish(int32_t n_runs) {
    for (int32_t i = n_runs * n_tail_; i % 4 != 0; ++i) AddTail(0);
  }

 private:
  __attribute__((always_inline)) void AddTail(int32_t value) {
    StoreHalf(tail_, value);
    tail_ += tail_step_;
    tail_step_ = 2 * lanes - tail_step_;
  }

  int32_t n_words_;
  int32_t n_tail_;
  uint32_t* words_;
  int16_t* tail_;
  int32_t tail_step_ = 1;  // to the other half, or to the next word of the lane
};

/// Unfolds a patch that the border cuts, or whose taps are runs.
template <int lanes>
__attribute__((noinline)) void UnfoldCutPatch(const PatchSource& source, const int8_t* image, const Taps& ys,
                                              const Taps& xs, uint32_t* out) {
  const Patch& patch = source.patch;
  const bool taps = patch.runs_per_row > 1;
  const int32_t tap_bytes = patch.run_bytes / (taps ? 1 : source.columns.filter);
  const int32_t first = taps ? 0 : xs.first * tap_bytes;
  const int32_t last = taps ? patch.run_bytes : xs.last * tap_bytes;
  const int32_t tap_step = source.columns.dilation * source.depth;
  Unfolder<lanes> unfolder(patch, out);
  const int8_t* row =
      image + (ys.origin + ys.first * source.rows.dilation) * source.row_bytes() + xs.origin * source.depth;
  for (int32_t ky = 0; ky < source.rows.filter; ++ky) {
    const bool inside = ky >= ys.first && ky < ys.last;
    for (int32_t kx = 0; kx < patch.runs_per_row; ++kx) {
      if (!inside || (taps && (kx < xs.first || kx >= xs.last))) {
        unfolder.AddConstant(source.zero_point);
      } else {
        unfolder.AddCut(row + kx * tap_step, first, last, source.zero_point);
      }
    }
    if (inside) row += source.rows.dilation * source.row_bytes();
  }
  unfolder.Finish(patch.n_runs);
}

/// Unfolds one patch of one run per row, all of it inside the input, from `row` on.
template <int lanes>
__attribute__((noinline)) void UnfoldWholePatch(const Patch& patch, const int8_t* row, int32_t row_step,
                                                uint32_t* out) {
  Unfolder<lanes> unfolder(patch, out);
  for (int32_t n = patch.n_runs; n > 0; --n, row += row_step) unfolder.Add(row);
  unfolder.Finish(patch.n_runs);
}

/// Unfolds one patch.
template <int lanes>
inline void UnfoldPatch(const PatchSource& source, const int8_t* image, const Taps& ys, const Taps& xs, uint32_t* out) {
  const bool whole = ys.last - ys.first == source.rows.filter && xs.last - xs.first == source.columns.filter;
  if (whole && source.patch.runs_per_row == 1) {
    const int8_t* start = image + ys.origin * source.row_bytes() + xs.origin * source.depth;
    UnfoldWholePatch<lanes>(source.patch, start, source.rows.dilation * source.row_bytes(), out);
  } else {
    UnfoldCutPatch<lanes>(source, image, ys, xs, out);
  }
}

/// Unfolds four patches of one run per row, `lane_step` bytes apart: 23 instructions per 16 bytes. No column is cut; of
/// the window's rows, those inside the input are `ys`, from `row` on.
__attribute__((noinline)) inline void UnfoldFourPatches(const PatchSource& source, const int8_t* row, const Taps& ys,
                                                        int32_t lane_step, uint32_t* out) {
  const int32_t n_words = source.patch.words_per_run();
  const int32_t n_tail = source.patch.tail_bytes();
  int16_t* tail = reinterpret_cast<int16_t*>(out + 8 * source.patch.n_runs * n_words);
  int32_t tail_step = 1;  // to the other half, or to the next word of the lane
  const auto add_tail = [&](int32_t a, int32_t b, int32_t c, int32_t d) {
    StoreHalf(tail, a);
    StoreHalf(tail + 2, b);
    StoreHalf(tail + 4, c);
    StoreHalf(tail + 6, d);
    tail += tail_step;
    tail_step = 8 - tail_step;
  };
  const int32_t row_step = source.rows.dilation * source.row_bytes();
  const uint32_t constant = static_cast<uint32_t>(source.zero_point & 0xFFFF) * 0x10001u;
  for (int32_t ky = 0; ky < source.rows.filter; ++ky) {
    if (ky < ys.first || ky >= ys.last) {
      for (int32_t n = 8 * n_words; n > 0; --n) *out++ = constant;
      for (int32_t n = n_tail; n > 0; --n) {
        add_tail(source.zero_point, source.zero_point, source.zero_point, source.zero_point);
      }
      continue;
    }
    const int8_t* data = row;
    const int8_t* half = row + 2 * lane_step;
    row += row_step;
    for (int32_t n = n_words; n > 0; --n, data += 4, half += 4, out += 8) {
      const uint32_t a = Load(data), b = Load(data + lane_step), c = Load(half), d = Load(half + lane_step);
      out[0] = EvenBytes(a);
      out[1] = EvenBytes(b);
      out[2] = EvenBytes(c);
      out[3] = EvenBytes(d);
      out[4] = OddBytes(a);
      out[5] = OddBytes(b);
      out[6] = OddBytes(c);
      out[7] = OddBytes(d);
    }
    for (int32_t n = n_tail; n > 0; --n, ++data, ++half) add_tail(data[0], data[lane_step], half[0], half[lane_step]);
  }
  for (int32_t i = source.patch.n_runs * n_tail; i % 4 != 0; ++i) add_tail(0, 0, 0, 0);
}

}  // namespace tinyhost::simd
