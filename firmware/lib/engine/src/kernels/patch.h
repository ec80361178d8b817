#pragma once

#include <cstdint>

#include "window.h"

namespace tinyhost {

/// What one filter sees of the input at one output pixel, as runs of neighbouring bytes, and the order of its elements
/// in packed weights.
///
/// A run is a row of the window if its taps are neighbours in memory (no dilation, no groups), otherwise a tap. Packed
/// weights hold the whole words of all runs first, each as the pairs of bytes (0, 2) and (1, 3) that SXTB16 makes of a
/// word, then the last run_bytes % 4 bytes of each run, one after the other. They are padded to an even number of
/// pairs. Short runs, and taps, are joined into one run of words, the last of which is padded.
class Patch {
 public:
  Patch() = default;
  /// run_bytes * n_runs: at most kMaxTensorBytes.
  Patch(int32_t run_bytes, int32_t n_runs, int32_t runs_per_row);

  int32_t run_bytes = 0;
  int32_t n_runs = 0;
  int32_t runs_per_row = 0;

  bool joined() const { return joined_; }
  int32_t n_bytes() const { return n_runs * run_bytes; }
  /// Number of pieces that are unfolded one by one: the runs, or one if they are joined.
  int32_t n_pieces() const { return joined_ ? 1 : n_runs; }
  int32_t words_per_piece() const { return words_per_piece_; }
  int32_t tail_bytes() const { return tail_bytes_; }
  int32_t n_pairs() const { return n_pairs_; }
  /// The index of an element in packed order: its pair, times 2, plus its place in the pair.
  int32_t Slot(int32_t run, int32_t element) const {
    const int32_t piece = joined() ? 0 : run;
    if (joined()) element += run * run_bytes;
    const int32_t word = element / 4;
    if (word == words_per_piece()) return 4 * n_runs * words_per_piece() + run * tail_bytes() + element % 4;
    return 4 * (piece * words_per_piece() + word) + 2 * (element % 2) + element % 4 / 2;
  }

 private:
  bool joined_ = false;
  int32_t words_per_piece_ = 0;
  int32_t tail_bytes_ = 0;
  int32_t n_pairs_ = 0;
};

/// A run's bytes [first, last) that lie inside the input, at `data`; the others count as the input's zero point.
struct PatchRun {
  const int8_t* data;
  int32_t first;
  int32_t last;
};

/// How patches lie in an input image.
struct PatchSource {
  Patch patch;
  WindowAxis rows;
  WindowAxis columns;
  int32_t depth;       // of the input
  int32_t zero_point;  // of the input

  int32_t row_bytes() const { return columns.input * depth; }
  /// Run kx of row ky; `image` is the first channel of the filters' group. Bytes outside the input are never read.
  PatchRun Run(const int8_t* image, const Taps& ys, const Taps& xs, int32_t ky, int32_t kx) const {
    if (ky < ys.first || ky >= ys.last) return {image, 0, 0};
    const int8_t* row = image + (ys.origin + ky * rows.dilation) * row_bytes();
    if (patch.runs_per_row == 1) {
      const int32_t tap_bytes = patch.run_bytes / columns.filter;
      const int32_t first = xs.first * tap_bytes;
      return {row + xs.origin * depth + first, first, xs.last * tap_bytes};
    }
    if (kx < xs.first || kx >= xs.last) return {image, 0, 0};
    return {row + (xs.origin + kx * columns.dilation) * depth, 0, patch.run_bytes};
  }
};

}  // namespace tinyhost
