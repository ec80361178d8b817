#pragma once

#include "../kernels/patch.h"
#include "simd.h"

namespace tinyhost::simd {

/// Writes n_words words of a run to a lane of unfolded patches, each as two words of 16-bit elements, `lanes` words
/// apart: 5 instructions per 4 bytes. Returns where the next goes.
template <int lanes>
inline uint32_t* UnfoldWords(const int8_t* data, int32_t n_words, uint32_t* out) {
  for (; n_words > 1; n_words -= 2, data += 8, out += 4 * lanes) {
    const uint32_t a = Load(data), b = Load(data + 4);
    out[0] = EvenBytes(a);
    out[lanes] = OddBytes(a);
    out[2 * lanes] = EvenBytes(b);
    out[3 * lanes] = OddBytes(b);
  }
  if (n_words > 0) {
    const uint32_t a = Load(data);
    out[0] = EvenBytes(a);
    out[lanes] = OddBytes(a);
    out += 2 * lanes;
  }
  return out;
}

/// Unfolds one patch. `cut` is memory for one run.
template <int lanes>
void UnfoldPatch(const PatchSource& source, const int8_t* image, const Taps& ys, const Taps& xs, int8_t* cut,
                 uint32_t* out) {
  const Patch& patch = source.patch;
  const int32_t n_words = patch.words_per_run();
  const int32_t n_tail = patch.tail_bytes();
  uint32_t* tail = out + 2 * lanes * patch.n_runs * n_words;
  int32_t slot = 0;  // of the tail
  for (int32_t r = 0; r < patch.n_runs; ++r) {
    const PatchRun run = source.Run(image, ys, xs, r);
    const int8_t* data = run.data;
    if (run.last - run.first != patch.run_bytes) {
      std::memset(cut, source.zero_point, static_cast<size_t>(patch.run_bytes));
      std::memcpy(cut + run.first, run.data, static_cast<size_t>(run.last - run.first));
      data = cut;
    }
    out = UnfoldWords<lanes>(data, n_words, out);
    data += 4 * n_words;
    for (int32_t i = 0; i < n_tail; ++i, ++slot) StoreHalf(tail + slot / 2 * lanes, slot & 1, data[i]);
  }
  for (; slot & 3; ++slot) StoreHalf(tail + slot / 2 * lanes, slot & 1, 0);
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
