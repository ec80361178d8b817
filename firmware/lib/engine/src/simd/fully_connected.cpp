// FULLY_CONNECTED with dual multiply-accumulate: as a convolution whose patches are the input's rows.

#include "../kernels/fully_connected.h"

#include "blocks.h"
#include "kernels.h"
#include "unfold.h"

namespace tinyhost::simd {

namespace {

void Run(const OperatorView& op) {
  const FullyConnectedParams& params = *op.params<FullyConnectedParams>();
  const FullyConnectedJob job = MakeFullyConnectedJob(op, params);
  const BoundedRequantizer requantizer(job.requantizer, params.requantization);
  const BlockJob block{reinterpret_cast<const uint32_t*>(job.weights.data), job.requantizer.channels,
                       static_cast<int32_t>(job.patch.n_pairs()), job.depth, job.depth};
  uint32_t* patches = reinterpret_cast<uint32_t*>(op.Scratch(params, 0));
  const int8_t* input = op.input_data<int8_t>();
  int8_t* output = op.output_data<int8_t>();
  for (int32_t row = 0; row < job.n_rows; row += 4, input += 4 * job.patch.run_bytes, output += 4 * job.depth) {
    const int32_t n_lanes = job.n_rows - row < 4 ? job.n_rows - row : 4;
    if (job.unfolded_bytes() > params.scratch_bytes) {
      RunOneRow(block, job.weights.carried, requantizer, input, output);
      continue;
    }
    if (n_lanes == 1) {
      UnfoldWholePatch<1>(job.patch, input, 0, patches);
      RunOneLane(block, job.weights.carried, requantizer, patches, output);
      continue;
    }
    for (int32_t lane = 0; lane < 4; ++lane) {
      const int32_t offset = (lane < n_lanes ? lane : n_lanes - 1) * job.patch.run_bytes;
      UnfoldWholePatch<4>(job.patch, input + offset, 0, patches + lane);
    }
    RunFourLanes(block, job.weights.carried, requantizer, patches, n_lanes, output);
  }
}

}  // namespace

const Kernel kFullyConnected{OperatorCode::kFullyConnected, 1, CheckFullyConnected, Run};

}  // namespace tinyhost::simd
