// SVDF: a layer of a streaming model. Each filter computes one number from the input and keeps its last numbers; a unit
// is the sum of its filters over what they keep, each weighted in time.

#include <cstring>

#include "fixed_point.h"
#include "kernel.h"
#include "requantize.h"

namespace tinyhost {

namespace {

struct Svdf {
  int32_t n_inputs;
  int32_t n_units;
  int32_t n_filters;
  int32_t memory;
  const int8_t* feature_weights;
  const int16_t* time_weights;
  const int32_t* biases;
  int16_t* state;
};

TINYHOST_COLD Svdf MakeSvdf(const OperatorView& op) {
  const SvdfParams& p = *op.params<SvdfParams>();
  Svdf job{};
  job.n_inputs = static_cast<int32_t>(ByteCount(*op.inputs[0]));
  job.n_units = static_cast<int32_t>(ByteCount(*op.output));
  job.memory = p.memory;
  job.state = static_cast<int16_t*>(op.inputs_at[1]);
  const uint64_t n_filters = uint64_t{ByteCount(*op.output)} * p.rank;
  if (n_filters * p.memory * sizeof(int16_t) != ByteCount(*op.inputs[1])) return job;
  job.n_filters = static_cast<int32_t>(n_filters);
  job.feature_weights = op.image->Constants<int8_t>(p.feature_weights_offset, n_filters * ByteCount(*op.inputs[0]));
  job.time_weights = op.image->Constants<int16_t>(p.time_weights_offset, n_filters * p.memory);
  job.biases = op.image->Constants<int32_t>(p.bias_offset, ByteCount(*op.output));
  return job;
}

TINYHOST_COLD Status Check(const OperatorView& op, uint64_t* work) {
  const SvdfParams& p = *op.params<SvdfParams>();
  const TensorRecord& state = *op.inputs[1];
  if (op.inputs[0]->type != TensorType::kInt8 || state.type != TensorType::kInt8 ||
      op.output->type != TensorType::kInt8 || state.storage != Storage::kState ||
      reinterpret_cast<uintptr_t>(op.inputs_at[1]) % alignof(int16_t) != 0 || p.memory < 1 || p.rank < 1 ||
      p.state_multiplier < 0 || p.output_multiplier < 0 || !ShiftInRange(p.state_shift) ||
      !ShiftInRange(p.output_shift) || p.activation_min > p.activation_max) {
    return Status::kImageParameter;
  }
  const Svdf job = MakeSvdf(op);
  if (!job.feature_weights || !job.time_weights || !job.biases) return Status::kImageParameter;
  *work += uint64_t{static_cast<uint32_t>(job.n_filters)} * static_cast<uint32_t>(job.n_inputs) + ByteCount(state) +
           ByteCount(*op.output);
  return Status::kOk;
}

/// Shifts what each filter keeps by one step and appends its number for this input.
void Remember(const Svdf& job, const SvdfParams& p, const int8_t* input, int32_t zero_point) {
  const int8_t* weights = job.feature_weights;
  int16_t* row = job.state;
  for (int32_t filter = 0; filter < job.n_filters; ++filter, row += job.memory) {
    uint32_t sum = 0;
    for (int32_t i = 0; i < job.n_inputs; ++i) sum += static_cast<uint32_t>(*weights++ * (input[i] - zero_point));
    const int32_t taken = MultiplyByQuantizedMultiplier(static_cast<int32_t>(sum), p.state_multiplier, p.state_shift);
    std::memmove(row, row + 1, static_cast<size_t>(job.memory - 1) * sizeof(int16_t));
    row[job.memory - 1] = static_cast<int16_t>(Clamp(taken, INT16_MIN, INT16_MAX));
  }
}

void Run(const OperatorView& op) {
  const SvdfParams& p = *op.params<SvdfParams>();
  const Svdf job = MakeSvdf(op);
  Remember(job, p, op.input_data<int8_t>(), op.inputs[0]->zero_point);
  const int16_t *kept = job.state, *weights = job.time_weights;
  int8_t* output = op.output_data<int8_t>();
  for (int32_t unit = 0; unit < job.n_units; ++unit) {
    uint32_t sum = static_cast<uint32_t>(job.biases[unit]);
    for (int32_t i = p.rank * job.memory; i > 0; --i) sum += static_cast<uint32_t>(*kept++ * *weights++);
    const int32_t scaled =
        MultiplyByQuantizedMultiplier(static_cast<int32_t>(sum), p.output_multiplier, p.output_shift);
    output[unit] =
        static_cast<int8_t>(Clamp(WrappingAdd(scaled, op.output->zero_point), p.activation_min, p.activation_max));
  }
}

}  // namespace

const Kernel kSvdfKernel{OperatorCode::kSvdf, 2, sizeof(SvdfParams), Check, Run};

}  // namespace tinyhost
