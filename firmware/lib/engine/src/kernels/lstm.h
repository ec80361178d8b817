#pragma once

#include "fixed_point.h"
#include "kernel.h"
#include "quads.h"

namespace tinyhost {

constexpr int32_t kGates = 4;  // of a unit: input, forget, cell, output

/// A matrix of an LSTM: for each unit a block of filters, its gates, over the input or over the hidden state.
struct GateMatrix {
  QuadWeights weights;
  const int32_t* biases;
  const int32_t* multipliers;
  const int8_t* shifts;
  int32_t depth;
  int32_t n_pairs;  // of a filter's elements

  /// A gate's share of this matrix, in Q3.12.
  int32_t Requantized(uint32_t sum, int32_t gate) const {
    const int32_t x = MultiplyByQuantizedMultiplier(static_cast<int32_t>(sum), multipliers[gate], shifts[gate]);
    return Clamp(x, INT16_MIN, INT16_MAX);
  }
};

/// A UNIDIRECTIONAL_SEQUENCE_LSTM, resolved.
struct LstmJob {
  GateMatrix input;
  GateMatrix hidden;
  const uint16_t* sigmoid;
  uint32_t* unfolded;  // memory for a step's input and hidden state
  int16_t* cell;       // state
  int32_t n_steps;
  int32_t n_units;
};

/// The job of tensors and parameters that CheckLstm accepts; where it does not, pointers may be null.
LstmJob MakeLstmJob(const OperatorView& op, const LstmParams& params);

/// `check` of every UNIDIRECTIONAL_SEQUENCE_LSTM kernel.
Status CheckLstm(const OperatorView& op, uint64_t* work);

/// Runs the cell of one unit: what its gates' sums over the input and the hidden state make of its state. Returns its
/// new hidden state.
int8_t RunLstmCell(const LstmJob& job, const LstmParams& params, const uint32_t input_sums[kGates],
                   const uint32_t hidden_sums[kGates], int16_t* cell);

/// `run` with Products: of a GateMatrix and a row, how a unit's sums come about. The hidden state of a step is its row
/// of the output; before the first step it is 0, to which no product adds anything.
template <typename Products>
void RunLstm(const OperatorView& op) {
  const LstmParams& params = *op.params<LstmParams>();
  const LstmJob job = MakeLstmJob(op, params);
  Products input(job.input, job.unfolded), hidden(job.hidden, job.unfolded + job.input.n_pairs);
  const int8_t* row = op.input_data<int8_t>();
  int8_t* output = op.output_data<int8_t>();
  for (int32_t unit = 0; unit < job.n_units; ++unit) job.cell[unit] = 0;
  for (int32_t step = 0; step < job.n_steps; ++step, row += job.input.depth, output += job.n_units) {
    input.Take(row);
    if (step > 0) hidden.Take(output - job.n_units);
    for (int32_t unit = 0; unit < job.n_units; ++unit) {
      uint32_t input_sums[kGates], hidden_sums[kGates] = {};
      input.Sums(unit, input_sums);
      if (step > 0) hidden.Sums(unit, hidden_sums);
      output[unit] = RunLstmCell(job, params, input_sums, hidden_sums, job.cell + unit);
    }
  }
}

}  // namespace tinyhost
