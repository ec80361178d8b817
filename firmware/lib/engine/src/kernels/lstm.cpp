// UNIDIRECTIONAL_SEQUENCE_LSTM: (1, t, k) or (t, 1, k) -> (1, t, u) or (t, 1, u), or (1, 1, u) for the last step alone.
// The arithmetic is that of TFLM's lstm_eval.h, in another order that gives the same results, unit by unit: gates are
// 16-bit, Q3.12 before their activation and Q0.15 after it.

#include "lstm.h"

#include <cstring>

#include "requantize.h"

namespace tinyhost {

namespace {

constexpr int32_t kMinTanhShift = -30, kMaxTanhShift = 14;  // 3 * 2^14 * 2^15 is below 2^31
constexpr int32_t kMaxCellClip = 32768;
constexpr uint32_t kCellSteps = 100;  // per unit, besides its products

GateMatrix MakeGateMatrix(const OperatorView& op, uint32_t weights_offset, WeightLayout layout, uint32_t biases_offset,
                          const int32_t* multipliers, const int8_t* shifts, int32_t depth, int32_t n_units) {
  const Patch row(depth, 1, 1);
  const uint64_t block_words = static_cast<uint32_t>(row.n_pairs()) * uint64_t{2};
  const uint32_t* words =
      IsQuads(layout) ? op.image->Constants<uint32_t>(weights_offset, block_words * static_cast<uint32_t>(n_units))
                      : nullptr;
  return {{reinterpret_cast<const int8_t*>(words), static_cast<int32_t>(block_words * 4),
           layout == WeightLayout::kCarriedQuads},
          op.image->Constants<int32_t>(biases_offset, uint64_t{kGates} * static_cast<uint32_t>(n_units)),
          multipliers,
          shifts,
          depth,
          row.n_pairs()};
}

bool IsScale(int32_t multiplier, int shift) { return multiplier >= 1 << 30 && ShiftInRange(shift); }

bool IsValid(const GateMatrix& matrix) {
  for (int32_t gate = 0; gate < kGates; ++gate) {
    if (!IsScale(matrix.multipliers[gate], matrix.shifts[gate])) return false;
  }
  return matrix.weights.data != nullptr && matrix.biases != nullptr;
}

/// True for one input sequence, and one output sequence of as many steps or of its last step alone.
bool IsOneSequence(const TensorRecord& input, const TensorRecord& output) {
  const bool whole = input.dims[0] == output.dims[0] && input.dims[1] == output.dims[1];
  const bool last = output.dims[0] == 1 && output.dims[1] == 1;
  return IsInt8(input, 3) && IsInt8(output, 3) && (input.dims[0] == 1 || input.dims[1] == 1) && (whole || last);
}

/// The portable scaling.
struct PortableRescale {
  PortableRescale() = default;
  PortableRescale(int32_t multiplier, int shift) : multiplier(multiplier), shift(shift) {}
  int32_t operator()(int32_t x) const { return MultiplyByQuantizedMultiplier(x, multiplier, shift); }
  static int32_t Saturated(int32_t x) { return Clamp(x, INT16_MIN, INT16_MAX); }

  int32_t multiplier = 0;
  int shift = 0;
};

/// The portable sums of a unit.
class PortableProducts {
 public:
  PortableProducts(const GateMatrix& matrix, uint32_t* memory)
      : matrix_(matrix), patch_(matrix.depth, 1, 1), row_(reinterpret_cast<int8_t*>(memory)) {}
  /// A hostile plan may make the row overlap this memory.
  void Take(const int8_t* row) { std::memmove(row_, row, static_cast<uint32_t>(matrix_.depth)); }
  void Sums(int32_t unit, uint32_t sums[kGates]) const {
    for (int32_t gate = 0; gate < kGates; ++gate) {
      sums[gate] = static_cast<uint32_t>(matrix_.biases[kGates * unit + gate]);
    }
    for (int32_t i = 0; i < matrix_.depth; ++i) matrix_.weights.Accumulate(unit, patch_.Slot(0, i), row_[i], sums);
  }

 private:
  const GateMatrix& matrix_;
  Patch patch_;
  int8_t* row_;
};

}  // namespace

TINYHOST_COLD LstmJob MakeLstmJob(const OperatorView& op, const LstmParams& params) {
  LstmJob job{};
  job.n_steps = op.inputs[0]->dims[0] * op.inputs[0]->dims[1];
  job.n_units = op.output->dims[2];
  job.step_bytes = op.output->dims[0] * op.output->dims[1] == job.n_steps ? job.n_units : 0;
  job.input = MakeGateMatrix(op, params.input_weights_offset, params.input_layout, params.input_biases_offset,
                             params.input_multiplier, params.input_shift, op.inputs[0]->dims[2], job.n_units);
  job.hidden = MakeGateMatrix(op, params.hidden_weights_offset, params.hidden_layout, params.hidden_biases_offset,
                              params.hidden_multiplier, params.hidden_shift, job.n_units, job.n_units);
  job.sigmoid = op.image->Constants<uint16_t>(params.sigmoid_offset, kSigmoidSize);
  const uint64_t unfolded_words = static_cast<uint32_t>(job.input.n_pairs + job.hidden.n_pairs);
  const uint64_t n_bytes = unfolded_words * sizeof(uint32_t) + static_cast<uint32_t>(job.n_units) * sizeof(int16_t);
  job.unfolded = reinterpret_cast<uint32_t*>(op.Scratch(params, n_bytes));
  if (job.unfolded) job.cell = reinterpret_cast<int16_t*>(job.unfolded + unfolded_words);
  return job;
}

TINYHOST_COLD Status CheckLstm(const OperatorView& op, uint64_t* work) {
  const LstmParams& params = *op.params<LstmParams>();
  if (!IsOneSequence(*op.inputs[0], *op.output) || !IsScale(params.cell_multiplier, params.cell_shift) ||
      !IsScale(params.output_multiplier, params.output_shift) || params.tanh_shift < kMinTanhShift ||
      params.tanh_shift > kMaxTanhShift || params.cell_clip > kMaxCellClip) {
    return Status::kImageParameter;
  }
  const LstmJob job = MakeLstmJob(op, params);
  if (!IsValid(job.input) || !IsValid(job.hidden) || !job.sigmoid || !job.unfolded) return Status::kImageParameter;
  const uint64_t unit_steps = uint64_t{2} * kGates * static_cast<uint32_t>(job.input.n_pairs + job.hidden.n_pairs);
  *work += static_cast<uint32_t>(job.n_steps) * static_cast<uint64_t>(job.n_units) * (unit_steps + kCellSteps);
  return Status::kOk;
}

const Kernel kUnidirectionalSequenceLstmKernel{OperatorCode::kUnidirectionalSequenceLstm, 1, sizeof(LstmParams),
                                               CheckLstm, RunLstm<PortableProducts, PortableRescale>};

}  // namespace tinyhost
