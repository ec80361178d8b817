// FULLY_CONNECTED: (..., k) * (o, k) -> (..., o); the input is read as rows of k elements, whatever its shape.

#include "fully_connected.h"

namespace tinyhost {

TINYHOST_COLD FullyConnectedJob MakeFullyConnectedJob(const OperatorView& op, const FullyConnectedParams& params) {
  FullyConnectedJob job{};
  job.depth = op.output.dims[op.output.rank - 1];
  job.n_rows = static_cast<int32_t>(ElementCount(op.output)) / job.depth;
  job.patch = {static_cast<int32_t>(ElementCount(op.inputs[0])) / job.n_rows, 1, 1};
  job.weights = MakeQuadWeights(op, params, job.patch, job.blocks());
  job.requantizer = MakeRequantizer(op, params, static_cast<uint64_t>(job.blocks()) * 4);
  return job;
}

TINYHOST_COLD Status CheckFullyConnected(const OperatorView& op, uint64_t* work) {
  const FullyConnectedParams* params = op.params<FullyConnectedParams>();
  if (!params || op.inputs[0].type != TensorType::kInt8 || op.output.type != TensorType::kInt8 || op.output.rank < 1) {
    return Status::kImageParameter;
  }
  const FullyConnectedJob job = MakeFullyConnectedJob(op, *params);
  const uint64_t n_rows = static_cast<uint64_t>(job.n_rows);
  const uint64_t n_channels = static_cast<uint64_t>(job.blocks()) * 4;
  if (ElementCount(op.inputs[0]) % n_rows != 0 || !job.weights.data || !ValidRequantizer(op, *params, n_channels) ||
      params->scratch_bytes < job.scratch_bytes()) {
    return Status::kImageParameter;
  }
  *work += n_rows * n_channels * (2 * static_cast<uint64_t>(job.patch.n_pairs()) + 4);
  return Status::kOk;
}

namespace {

void Run(const OperatorView& op) {
  const FullyConnectedJob job = MakeFullyConnectedJob(op, *op.params<FullyConnectedParams>());
  const int8_t* input = op.input_data<int8_t>();
  int8_t* output = op.output_data<int8_t>();
  for (int32_t row = 0; row < job.n_rows; ++row, input += job.patch.run_bytes, output += job.depth) {
    for (int32_t block = 0; block < job.blocks(); ++block) {
      uint32_t sums[4] = {};
      for (int32_t i = 0; i < job.patch.run_bytes; ++i)
        job.weights.Accumulate(block, job.patch.Slot(0, i), input[i], sums);
      for (int32_t f = 4 * block; f < 4 * block + 4 && f < job.depth; ++f) {
        output[f] = job.requantizer(sums[f % 4], job.requantizer.channels[f]);
      }
    }
  }
}

}  // namespace

const Kernel kFullyConnectedKernel{OperatorCode::kFullyConnected, 1, CheckFullyConnected, Run};

}  // namespace tinyhost
