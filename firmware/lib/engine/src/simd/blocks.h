#pragma once

#include "../kernels/quads.h"
#include "requantize.h"
#include "simd.h"

namespace tinyhost::simd {

/// A group's blocks of filters and where its outputs go: n_filters per patch side by side, pixel_bytes from patch to
/// patch.
struct BlockJob {
  const uint32_t* weights;
  const ChannelConstants* channels;
  const Requantizer* exact;  // null where Requantization::kBounded holds
  int32_t n_pairs;
  int32_t n_filters;
  int32_t pixel_bytes;
  bool carried;
};

/// Runs all filters of a group over four unfolded patches, of which only the first n_lanes have outputs.
void RunFourLanes(const BlockJob& job, const uint32_t* patches, int32_t n_lanes, int8_t* output);
/// Runs all filters of a group over one unfolded patch.
void RunOneLane(const BlockJob& job, const uint32_t* patch, int8_t* output);
/// The same over the bytes of a patch that has no tails.
void RunOneLane(const BlockJob& job, const int8_t* patch, int8_t* output);
/// Sets `sums` to the sums of one block's four filters over one unfolded patch, biases included.
void SumBlock(const uint32_t* weights, bool carried, const uint32_t* patch, int32_t n_pairs, const int32_t* biases,
              uint32_t* sums);

}  // namespace tinyhost::simd
