#pragma once

#include "conv_geometry.h"

namespace tinyhost {

/// A 3x3 CONV_2D of stride 1 by Winograd's minimal filtering, F(2x2, 3x3) (A. Lavin, S. Gray, Fast Algorithms for
/// Convolutional Neural Networks, 2015). A tile d of 4x4 inputs and a filter g become 16 points each and give a tile of
/// 2x2 outputs in 16 products per channel instead of 36:
///
///     4 * outputs = A' ((2G g (2G)') * (B' d B)) A, where the inner product is added up over the channels
///
/// with A' = [1 1 1 0; 0 1 -1 -1], B' = [1 0 -1 0; 0 1 1 0; 0 -1 1 0; 0 1 0 -1], 2G = [2 0 0; 1 1 1; 1 -1 1; 0 0 2].
/// All of it is exact: B' d B has 10 bits and a sign, the filters' points 12, and a sum modulo 2^32 is right if 4 times
/// the output's sum fits, which the host has checked.
///
/// Two neighbouring tiles run together: a window of 4x6 inputs gives 2x4 outputs, which are all written after the
/// window has been read.
struct WinogradJob {
  static constexpr int32_t kPoints = 16, kWindowHeight = 4, kWindowWidth = 6,
                           kTileHeight = static_cast<int32_t>(kWinogradRows),
                           kTilesWidth = static_cast<int32_t>(kWinogradColumns);

  PatchSource source;       // of windows of 4x6
  const uint32_t* weights;  // for each block of four filters and point, pairs of channels as unfolded, by filter
  Requantizer requantizer;
  int32_t out_depth;

  int32_t n_pairs() const { return source.depth / 2; }
  int32_t block_words() const { return kPoints * n_pairs() * static_cast<int32_t>(kFiltersPerBlock); }
  int32_t image_bytes() const { return source.rows.input * source.row_bytes(); }
};

/// Makes the job; the geometry must be valid.
WinogradJob MakeWinogradJob(const OperatorView& op, const ConvParams& params);

/// `check` of every WINOGRAD_CONV_2D kernel.
Status CheckWinograd(const OperatorView& op, uint64_t* work);

}  // namespace tinyhost
