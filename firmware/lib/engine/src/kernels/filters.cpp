// What CONV_2D, DEPTHWISE_CONV_2D and FULLY_CONNECTED have in common: filters with weights and requantization.

#include "quads.h"
#include "requantize.h"

namespace tinyhost {

namespace {

constexpr int32_t kMaxBoundedShift = 22;

}  // namespace

TINYHOST_COLD Patch::Patch(int32_t run_bytes, int32_t n_runs, int32_t runs_per_row)
    : run_bytes(run_bytes),
      n_runs(n_runs),
      runs_per_row(runs_per_row),
      joined_(n_runs == 1 || runs_per_row > 1 || run_bytes < 4),
      words_per_piece_(joined_ ? (n_bytes() + 3) / 4 : run_bytes / 4),
      tail_bytes_(joined_ ? 0 : run_bytes % 4),
      n_pairs_(2 * n_pieces() * words_per_piece_ + (n_pieces() * tail_bytes_ + 3) / 4 * 2) {}

TINYHOST_COLD uint8_t* OperatorView::Scratch(uint32_t scratch_offset, uint32_t scratch_bytes, uint64_t n_bytes) const {
  const uint64_t end = uint64_t{scratch_offset} + scratch_bytes;
  const bool inside = n_bytes <= scratch_bytes && end <= image->metadata().arena_bytes;
  return inside && scratch_offset % sizeof(uint32_t) == 0 ? arena + scratch_offset : nullptr;
}

TINYHOST_COLD bool PatchesOverlap(const PatchSource& source) {
  const WindowAxis& columns = source.columns;
  return !source.patch.joined() && source.patch.run_bytes == columns.filter * source.depth &&
         columns.stride <= columns.filter;
}

TINYHOST_COLD uint32_t CopiedBytes(const PatchSource& source, int32_t n_pixels) {
  const WindowAxis& columns = source.columns;
  int32_t n_bytes = CopiedPatchBytes(source.patch) * Lanes(source.patch, n_pixels);
  if (columns.output % 4 == 0 && PatchesOverlap(source)) {
    n_bytes = source.rows.filter * (3 * columns.stride + columns.filter) * source.depth;
  }
  return static_cast<uint32_t>(n_bytes) + 4;
}

TINYHOST_COLD QuadWeights MakeQuadWeights(const OperatorView& op, const ConvParams& params, const Patch& patch,
                                          int32_t n_blocks) {
  const uint32_t block_words = static_cast<uint32_t>(patch.n_pairs()) * 2;
  const uint64_t n_words = uint64_t{block_words} * static_cast<uint32_t>(n_blocks);
  const uint32_t* words =
      IsQuads(params.layout) ? op.image->Constants<uint32_t>(params.weights_offset, n_words) : nullptr;
  return {reinterpret_cast<const int8_t*>(words), static_cast<int32_t>(block_words * 4),
          params.layout == WeightLayout::kCarriedQuads};
}

TINYHOST_COLD Requantizer MakeRequantizer(const OperatorView& op, const ConvParams& params, uint32_t n_channels) {
  return Requantizer{op.image->Constants<ChannelConstants>(params.channels_offset, n_channels), op.output->zero_point,
                     params.activation_min, params.activation_max};
}

TINYHOST_COLD bool ValidRequantizer(const OperatorView& op, const ConvParams& params, uint32_t n_channels) {
  const Requantizer requantizer = MakeRequantizer(op, params, n_channels);
  const bool bounded = params.requantization == Requantization::kBounded;
  if (!requantizer.channels || (!bounded && params.requantization != Requantization::kAny)) return false;
  for (uint32_t i = 0; i < n_channels; ++i) {
    const ChannelConstants& channel = requantizer.channels[i];
    if (!ShiftInRange(-channel.shift) || channel.reserved != 0) return false;
    if (IsScaled(channel)) {
      if (channel.shift != kScaledShift) return false;
    } else if (bounded && (channel.shift < 1 || channel.shift > kMaxBoundedShift || channel.multiplier == 0)) {
      return false;
    }
  }
  return requantizer.activation_min <= requantizer.activation_max && op.Scratch(params, params.scratch_bytes);
}

}  // namespace tinyhost
