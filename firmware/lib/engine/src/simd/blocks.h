#pragma once

#include "../kernels/quads.h"
#include "requantize.h"
#include "simd.h"

namespace tinyhost::simd {

/// A group's blocks of filters, and where its outputs go: n_filters of a patch side by side, patches pixel_bytes apart.
struct BlockJob {
  const uint32_t* weights;
  const ChannelConstants* channels;
  int32_t n_pairs;
  int32_t n_filters;
  int32_t pixel_bytes;
};

/// Runs all filters of a group over four unfolded patches, of which the last n_lanes..4 (n_lanes at least 2) repeat the
/// one before them.
void RunFourLanes(const BlockJob& job, bool carried, const BoundedRequantizer& requantizer, const uint32_t* patches,
                  int32_t n_lanes, int8_t* output);
/// Runs all filters of a group over one unfolded patch.
void RunOneLane(const BlockJob& job, bool carried, const BoundedRequantizer& requantizer, const uint32_t* patch,
                int8_t* output);
/// The same over a patch that is one run of whole words, 4-byte aligned, straight from the input.
void RunOneRow(const BlockJob& job, bool carried, const BoundedRequantizer& requantizer, const int8_t* row,
               int8_t* output);

}  // namespace tinyhost::simd
