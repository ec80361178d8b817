#pragma once

#include "kernel.h"
#include "quads.h"

namespace tinyhost {

/// A FULLY_CONNECTED, resolved: the input is read as rows, whatever its shape.
struct FullyConnectedJob {
  QuadWeights weights;
  Requantizer requantizer;
  Patch patch;  // one run: a row
  int32_t n_rows;
  int32_t depth;  // of the output

  int32_t blocks() const { return QuadWeights::Blocks(depth); }
  /// Scratch memory in which a kernel unfolds rows. A single row of aligned words needs none, if there is less.
  uint64_t unfolded_bytes() const { return UnfoldedBytes(patch, n_rows); }
  bool may_stay_folded(const int8_t* input) const {
    return n_rows == 1 && patch.tail_bytes() == 0 && reinterpret_cast<uintptr_t>(input) % sizeof(uint32_t) == 0;
  }
};

/// The job of an output of rank 1 or more; the input is taken to have as many rows.
FullyConnectedJob MakeFullyConnectedJob(const OperatorView& op, const FullyConnectedParams& params);

/// `check` of every FULLY_CONNECTED kernel.
Status CheckFullyConnected(const OperatorView& op, uint64_t* work);

}  // namespace tinyhost
