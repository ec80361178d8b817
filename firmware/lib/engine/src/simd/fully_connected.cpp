// FULLY_CONNECTED with dual multiply-accumulate: as a 1x1 convolution whose pixels are the input's rows.

#include "../kernels/fully_connected.h"

#include "conv.h"
#include "kernels.h"

namespace tinyhost::simd {

namespace {

void Run(const OperatorView& op) {
  const FullyConnectedParams& params = *op.params<FullyConnectedParams>();
  const FullyConnectedJob rows = MakeFullyConnectedJob(op, params);
  const uint64_t unfolded_bytes = UnfoldedBytes(rows.patch, rows.n_rows);
  PatchMemory memory{};
  if (params.scratch_bytes >= unfolded_bytes) memory = PatchMemory::In(op.Scratch(params, 0), unfolded_bytes);
  ConvJob job{};
  job.source.patch = rows.patch;
  job.source.rows = {1, 1, 1, 1, 1, 0};
  job.source.columns = {rows.n_rows, rows.n_rows, 1, 1, 1, 0};
  job.source.depth = rows.patch.run_bytes;
  job.weights = rows.weights;
  job.requantizer = rows.requantizer;
  job.groups = 1;
  job.group_depth = rows.patch.run_bytes;
  job.group_filters = rows.depth;
  job.group_blocks = rows.blocks();
  RunConv(job, params.requantization, memory, 1, op.input_data<int8_t>(), op.output_data<int8_t>());
}

}  // namespace

const Kernel kFullyConnected{OperatorCode::kFullyConnected, 1, CheckFullyConnected, Run};

}  // namespace tinyhost::simd
