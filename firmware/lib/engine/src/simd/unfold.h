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

/// Copies a run, with `value` where it lies outside of the input.
inline void CopyCut(const PatchRun& run, int32_t n_bytes, int32_t value, int8_t* out) {
  int32_t i = 0;
  for (; i < run.first; ++i) out[i] = static_cast<int8_t>(value);
  for (const int8_t* data = run.data; i < run.last; ++i) out[i] = *data++;
  for (; i < n_bytes; ++i) out[i] = static_cast<int8_t>(value);
}

/// Unfolds a patch that the border cuts; `cut` is memory for one run.
template <int lanes>
__attribute__((noinline)) void UnfoldCutPatch(const PatchSource& source, const int8_t* image, const Taps& ys,
                                              const Taps& xs, int8_t* cut, uint32_t* out) {
  const Patch& patch = source.patch;
  Unfolder<lanes> unfolder(patch, out);
  for (int32_t ky = 0; ky < source.rows.filter; ++ky) {
    for (int32_t kx = 0; kx < patch.runs_per_row; ++kx) {
      const PatchRun run = source.Run(image, ys, xs, ky, kx);
      if (run.first == run.last) {
        unfolder.AddConstant(source.zero_point);
      } else if (run.last - run.first == patch.run_bytes) {
        unfolder.Add(run.data);
      } else {
        CopyCut(run, patch.run_bytes, source.zero_point, cut);
        unfolder.Add(cut);
      }
    }
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
inline void UnfoldPatch(const PatchSource& source, const int8_t* image, const Taps& ys, const Taps& xs, int8_t* cut,
                        uint32_t* out) {
  const bool whole = ys.last - ys.first == source.rows.filter && xs.last - xs.first == source.columns.filter;
  if (whole && source.patch.runs_per_row == 1) {
    const int8_t* start = image + ys.origin * source.row_bytes() + xs.origin * source.depth;
    UnfoldWholePatch<lanes>(source.patch, start, source.rows.dilation * source.row_bytes(), out);
  } else {
    UnfoldCutPatch<lanes>(source, image, ys, xs, cut, out);
  }
}

/// Unfolds four patches of one run each, `pitch` bytes apart: 18 instructions per 16 bytes.
inline void UnfoldFourRows(const int8_t* data, int32_t pitch, int32_t n_words, uint32_t* out) {
  const int8_t* half = data + 2 * pitch;
  for (; n_words > 0; --n_words, data += 4, half += 4, out += 8) {
    const uint32_t a = Load(data), b = Load(data + pitch), c = Load(half), d = Load(half + pitch);
    out[0] = EvenBytes(a);
    out[1] = EvenBytes(b);
    out[2] = EvenBytes(c);
    out[3] = EvenBytes(d);
    out[4] = OddBytes(a);
    out[5] = OddBytes(b);
    out[6] = OddBytes(c);
    out[7] = OddBytes(d);
  }
}

}  // namespace tinyhost::simd
