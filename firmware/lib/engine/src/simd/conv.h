#pragma once

#include "../kernels/conv_geometry.h"
#include "blocks.h"

namespace tinyhost::simd {

/// Memory for unfolded patches, and behind them for copied ones. Null if there is none: then a single patch of whole
/// words is read in place.
struct PatchMemory {
  uint32_t* unfolded;
  int8_t* copied;

  static PatchMemory In(uint8_t* scratch, uint64_t unfolded_bytes) {
    return {reinterpret_cast<uint32_t*>(scratch), reinterpret_cast<int8_t*>(scratch + unfolded_bytes)};
  }
};

/// Runs a convolution over n_images images.
void RunConv(const ConvJob& job, Requantization form, const PatchMemory& memory, int32_t n_images, const int8_t* images,
             int8_t* outputs);

}  // namespace tinyhost::simd
