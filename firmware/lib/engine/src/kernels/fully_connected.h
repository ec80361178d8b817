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
  /// The least scratch memory: none for a single row of whole words, which a kernel may read as it is.
  uint64_t scratch_bytes() const {
    if (n_rows == 1 && patch.run_bytes % 4 == 0) return 0;
    return UnfoldedBytes(patch, n_rows) + CopiedBytes(patch, n_rows);
  }
};

/// The job of an output of rank 1 or more; the input is taken to have as many rows.
FullyConnectedJob MakeFullyConnectedJob(const OperatorView& op, const FullyConnectedParams& params);

/// `check` of every FULLY_CONNECTED kernel.
Status CheckFullyConnected(const OperatorView& op, uint64_t* work);

}  // namespace tinyhost
