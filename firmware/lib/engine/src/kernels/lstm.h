#pragma once

#include "fixed_point.h"
#include "kernel.h"
#include "quads.h"

namespace tinyhost {

constexpr uint32_t kSigmoidSize = 256;
constexpr int32_t kGates = 4;  // per unit: input, forget, cell, output

/// A matrix of an LSTM: for each unit a block of four filters, one per gate, over the input or over the hidden state.
struct GateMatrix {
  QuadWeights weights;
  const int32_t* biases;
  const int32_t* multipliers;
  const int8_t* shifts;
  int32_t depth;
  int32_t n_pairs;  // pairs of elements in a filter
};

/// A UNIDIRECTIONAL_SEQUENCE_LSTM with its geometry resolved.
struct LstmJob {
  GateMatrix input;
  GateMatrix hidden;
  const uint16_t* sigmoid;
  uint32_t* unfolded;  // memory for a step's input and hidden state
  int16_t* cell;       // state
  int32_t n_steps;
  int32_t n_units;
  int32_t step_bytes;  // from one step's output row to the next; 0 if there is only one row
};

/// Makes the job for tensors and parameters that CheckLstm accepts; for others, pointers may be null.
LstmJob MakeLstmJob(const OperatorView& op, const LstmParams& params);

/// `check` of every UNIDIRECTIONAL_SEQUENCE_LSTM kernel.
Status CheckLstm(const OperatorView& op, uint64_t* work);

/// Interpolates the sigmoid as TFLM does, from table[i] = sigmoid(i / 24). Both functions take x / (3 * 2^12) and
/// return Q15.
struct SigmoidTable {
  const uint16_t* values;

  int32_t At(uint32_t magnitude, int fraction_bits, int32_t beyond) const {
    const uint32_t i = magnitude >> fraction_bits;
    if (i >= kSigmoidSize - 1) return beyond;
    const int32_t fraction = static_cast<int32_t>(magnitude & ((1u << fraction_bits) - 1));
    return (values[i] << fraction_bits) + fraction * (values[i + 1] - values[i]);
  }
  int32_t Sigmoid(int32_t x) const {
    const int32_t y = At(static_cast<uint32_t>(x < 0 ? -x : x), 9, 0x7FFF << 10);
    return static_cast<int16_t>((x >= 0 ? y + (1 << 9) : (1 << 25) - y + (1 << 9) - 1) >> 10);
  }
  /// 2 * sigmoid(2 * x) - 1
  int32_t Tanh(int32_t x) const {
    const int32_t y = At(static_cast<uint32_t>(x < 0 ? -x : x), 8, 0xFFFF << 8);
    return static_cast<int16_t>((x >= 0 ? y - (1 << 23) + (1 << 7) : (1 << 23) - y + (1 << 7) - 1) >> 8);
  }
};

/// 3 * 2^shift * x, halves rounded up.
inline int32_t TanhInput(int32_t x, int shift) {
  return shift >= 0 ? x * (3 << shift) : (3 * x + (1 << (-shift - 1))) >> -shift;
}

/// Computes a unit's new state from its gates. Rescale multiplies by a Q31 multiplier and a power of two, as
/// MultiplyByQuantizedMultiplier does, and also provides the saturation to 16 bits.
template <typename Rescale>
class LstmCell {
 public:
  TINYHOST_COLD LstmCell(const LstmJob& job, const LstmParams& params)
      : table_{job.sigmoid},
        added_(params.cell_multiplier, params.cell_shift),
        output_(params.output_multiplier, params.output_shift),
        tanh_shift_(params.tanh_shift),
        zero_point_(params.hidden_zero_point),
        clip_(params.cell_clip) {
    for (int32_t gate = 0; gate < kGates; ++gate) {
      input_[gate] = Rescale(params.input_multiplier[gate], params.input_shift[gate]);
      hidden_[gate] = Rescale(params.hidden_multiplier[gate], params.hidden_shift[gate]);
    }
  }

  /// Takes the gates' sums over the input and the hidden state; returns the unit's new hidden state.
  int8_t Run(const uint32_t input_sums[kGates], const uint32_t hidden_sums[kGates], int16_t* cell) const {
    const auto gate = [=](int32_t i) {
      return 3 * Rescale::Saturated(Rescale::Saturated(input_[i](static_cast<int32_t>(input_sums[i]))) +
                                    Rescale::Saturated(hidden_[i](static_cast<int32_t>(hidden_sums[i]))));
    };
    const int32_t kept = table_.Sigmoid(gate(1)) * *cell;  // * 2^-15, rounded twice like all products
    const int32_t added = Rescale::Saturated(added_(table_.Sigmoid(gate(0)) * table_.Tanh(gate(2))));
    const int32_t sum = Rescale::Saturated(RoundingDivideByPowerOfTwo((kept + 1) >> 1, 14) + added);
    const int32_t state = Clamp(sum, -clip_, clip_);
    *cell = static_cast<int16_t>(state);
    const int32_t scaled = output_(table_.Tanh(TanhInput(state, tanh_shift_)) * table_.Sigmoid(gate(3)));
    return static_cast<int8_t>(Clamp(WrappingAdd(scaled, zero_point_), INT8_MIN, INT8_MAX));
  }

 private:
  SigmoidTable table_;
  Rescale input_[kGates];
  Rescale hidden_[kGates];
  Rescale added_;
  Rescale output_;
  int32_t tanh_shift_;
  int32_t zero_point_;
  int32_t clip_;
};

/// `run` for a class Products, which is made from a GateMatrix, takes a row, and computes the sums of each unit. The
/// hidden state of a step is its output row; before the first step it is 0, so its products add nothing.
template <typename Products, typename Rescale>
void RunLstm(const OperatorView& op) {
  const LstmParams& params = *op.params<LstmParams>();
  const LstmJob job = MakeLstmJob(op, params);
  const LstmCell<Rescale> cell(job, params);
  Products input(job.input, job.unfolded), hidden(job.hidden, job.unfolded + job.input.n_pairs);
  const int8_t* row = op.input_data<int8_t>();
  int8_t* output = op.output_data<int8_t>();
  for (int32_t unit = 0; unit < job.n_units; ++unit) job.cell[unit] = 0;
  for (int32_t step = 0; step < job.n_steps; ++step, row += job.input.depth, output += job.step_bytes) {
    input.Take(row);
    if (step > 0) hidden.Take(output - job.step_bytes);
    for (int32_t unit = 0; unit < job.n_units; ++unit) {
      uint32_t input_sums[kGates], hidden_sums[kGates] = {};
      input.Sums(unit, input_sums);
      if (step > 0) hidden.Sums(unit, hidden_sums);
      output[unit] = cell.Run(input_sums, hidden_sums, job.cell + unit);
    }
  }
}

}  // namespace tinyhost
