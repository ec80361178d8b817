// FULLY_CONNECTED with dual multiply-accumulate: a single row directly, several rows as the pixels of a 1x1
// convolution.

#include "../kernels/fully_connected.h"

#include "../kernels/conv_geometry.h"
#include "blocks.h"
#include "clamp.h"
#include "kernels.h"
#include "unfold.h"

namespace tinyhost::simd {

namespace {

/// Runs a single row, which is padded and unfolded in scratch memory where that is needed.
void RunRow(const OperatorView& op, const ConvParams& params, int32_t n_filters) {
  const uint32_t n_inputs = static_cast<uint32_t>(ElementCount(*op.inputs[0])), n_words = (n_inputs + 3) / 4;
  const int8_t* row = op.input_data<int8_t>();
  BlockJob block{};
  block.weights = op.image->Constants<uint32_t>(params.weights_offset, 0);
  const Requantizer exact = MakeRequantizer(op, params, 0);
  block.channels = exact.channels;
  block.exact = params.requantization == Requantization::kBounded ? nullptr : &exact;
  block.n_pairs = 2 * static_cast<int32_t>(n_words);
  block.n_filters = n_filters;
  block.carried = params.layout == WeightLayout::kCarriedQuads;
  const uint32_t unfolded_bytes = 8 * n_words;
  uint8_t* scratch = params.scratch_bytes >= unfolded_bytes ? op.Scratch(params, 0) : nullptr;
  int8_t* output = op.output_data<int8_t>();
  if (n_inputs % 4 != 0) {  // the padding of the last word meets weights of 0
    uint8_t* copied = scratch + unfolded_bytes;
    std::memmove(copied, row, n_inputs);  // a hostile plan may make them overlap
    row = reinterpret_cast<const int8_t*>(copied);
  }
  if (!scratch || !block.carried) return RunOneLane(block, row, output);
  auto* unfolded = reinterpret_cast<uint32_t*>(scratch);
  UnfoldOnePatch(row, block.n_pairs, unfolded);
  RunOneLane(block, unfolded, output);
}

TINYHOST_COLD void Run(const OperatorView& op) {
  const ConvParams& params = *op.params<ConvParams>();
  const int32_t depth = op.output->dims[op.output->rank - 1];
  if (ElementCount(*op.output) != static_cast<uint32_t>(depth)) return kConv2d.run(AsConv2d(op, true));
  RunRow(op, params, depth);
  ClampOutput(op, params.activation_min, params.activation_max);
}

}  // namespace

const Kernel kFullyConnected{OperatorCode::kFullyConnected, 1, sizeof(ConvParams), CheckFullyConnected, Run};

}  // namespace tinyhost::simd
