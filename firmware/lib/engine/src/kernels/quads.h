#pragma once

#include <cstdint>

#include "patch.h"
#include "requantize.h"

namespace tinyhost {

/// Weights of four filters, interleaved (WeightLayout::kQuads): for each pair of elements in packed order the words
/// (filter 0, filter 1) and (filter 2, filter 3), each with the bytes a0 b0 a1 b1 of its filters a, b and elements 0,
/// 1. With kCarriedQuads the half-words a0 b0 and a1 b1 are the numbers 256 * b + a, so b's byte is one less where a is
/// negative.
struct QuadWeights {
  const int8_t* data;
  int32_t block_bytes;
  bool carried;

  static int32_t Blocks(int32_t n_filters) { return (n_filters + 3) / 4; }

  /// Adds input * weight of one element, at `slot` of a block, to the four filters' sums.
  void Accumulate(int32_t block, int32_t slot, int32_t input, uint32_t sums[4]) const {
    const int8_t* w = data + block * block_bytes + slot / 2 * 8 + slot % 2 * 2;
    sums[0] += static_cast<uint32_t>(input * w[0]);
    sums[1] += static_cast<uint32_t>(input * (w[1] + (carried && w[0] < 0 ? 1 : 0)));
    sums[2] += static_cast<uint32_t>(input * w[4]);
    sums[3] += static_cast<uint32_t>(input * (w[5] + (carried && w[4] < 0 ? 1 : 0)));
  }
};

inline bool IsQuads(WeightLayout layout) {
  return layout == WeightLayout::kQuads || layout == WeightLayout::kCarriedQuads;
}

/// The weights of n_blocks blocks of filters; `data` is null where the image is wrong.
QuadWeights MakeQuadWeights(const OperatorView& op, const ConvParams& params, const Patch& patch, int32_t n_blocks);

/// Number of patches that a kernel unfolds together: four, or one if there is only one pixel and it has no tails.
inline int32_t Lanes(const Patch& patch, int32_t n_pixels) { return n_pixels < 2 && patch.tail_bytes() == 0 ? 1 : 4; }

/// Bytes that a kernel needs for patches unfolded to 16 bits.
inline uint32_t UnfoldedBytes(const Patch& patch, int32_t n_pixels) {
  return static_cast<uint32_t>(patch.n_pairs()) * 4 * static_cast<uint32_t>(Lanes(patch, n_pixels));
}

/// Bytes of a patch that is copied into one piece before it is unfolded.
inline int32_t CopiedPatchBytes(const Patch& patch) { return (patch.n_bytes() + 3) / 4 * 4; }

/// Whether neighbouring patches overlap and have their rows in one piece, so that one window can hold several.
bool PatchesOverlap(const PatchSource& source);

/// Bytes behind the unfolded patches into which a kernel copies as many patches, or the window that holds four of them
/// where rows are made of whole fours. Padding a run may write 3 bytes more.
uint32_t CopiedBytes(const PatchSource& source, int32_t n_pixels);

}  // namespace tinyhost
