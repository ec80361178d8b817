// CONV_2D with dual multiply-accumulate: four output pixels' patches are unfolded to 16 bits, then all filters run over
// them, two at a time (blocks.h).

#include "../kernels/conv_geometry.h"
#include "blocks.h"
#include "kernels.h"
#include "unfold.h"

namespace tinyhost::simd {

namespace {

struct Position {
  int32_t y;
  int32_t x;
};

class ConvRun {
 public:
  explicit ConvRun(const OperatorView& op)
      : job_(MakeConvJob(op, *op.params<ConvParams>())),
        requantizer_(job_.requantizer, op.params<ConvParams>()->requantization) {
    const ConvParams& params = *op.params<ConvParams>();
    n_pairs_ = static_cast<int32_t>(job_.source.patch.n_pairs());
    n_pixels_ = job_.source.rows.output * job_.source.columns.output;
    patches_ = reinterpret_cast<uint32_t*>(op.Scratch(params, 0));
    const WindowAxis &rows = job_.source.rows, &columns = job_.source.columns;
    contiguous_ = rows.filter == 1 && columns.filter == 1 && rows.stride == 1 && columns.stride == 1 &&
                  columns.output == columns.input;
  }

  void Image(const int8_t* image, int8_t* output) {
    position_ = {0, 0};
    for (int32_t i = 0; i < n_pixels_; i += 4, output += 4 * job_.out_depth()) {
      const int32_t n_lanes = n_pixels_ - i < 4 ? n_pixels_ - i : 4;
      const Position start = position_;
      for (int32_t group = 0; group < job_.groups; ++group) {
        position_ = start;
        const BlockJob block = Block(group);
        int8_t* out = output + group * job_.group_filters;
        Unfold(image + group * job_.group_depth, n_lanes);
        if (n_lanes == 1) {
          RunOneLane(block, job_.weights.carried, requantizer_, patches_, out);
        } else {
          RunFourLanes(block, job_.weights.carried, requantizer_, patches_, n_lanes, out);
        }
      }
    }
  }

  const ConvJob& job() const { return job_; }

 private:
  BlockJob Block(int32_t group) const {
    const int32_t first = group * job_.group_blocks;
    const int8_t* weights = job_.weights.data + first * job_.weights.block_bytes;
    return {reinterpret_cast<const uint32_t*>(weights), job_.requantizer.channels + 4 * first, n_pairs_,
            job_.group_filters, job_.out_depth()};
  }

  /// Unfolds the patches of n_lanes pixels from position_ on; one that is missing repeats the
  /// last.
  void Unfold(const int8_t* image, int32_t n_lanes) {
    if (n_lanes == 4 && UnfoldFour(image)) return;
    if (n_lanes == 1) {
      UnfoldPatch<1>(job_.source, image, Rows(), Columns(), patches_);
      return;
    }
    for (int32_t lane = 0; lane < 4; ++lane) {
      UnfoldPatch<4>(job_.source, image, Rows(), Columns(), patches_ + lane);
      if (lane + 1 < n_lanes && ++position_.x == job_.source.columns.output) position_ = {position_.y + 1, 0};
    }
    if (++position_.x == job_.source.columns.output) position_ = {position_.y + 1, 0};
  }

  /// The same for four pixels whose patches lie side by side, no column of them cut; false if they do not.
  bool UnfoldFour(const int8_t* image) {
    const PatchSource& source = job_.source;
    if (source.patch.runs_per_row > 1) return false;
    const int32_t n_left = source.columns.output - position_.x;
    const Taps ys = Rows(), xs = Columns();
    if (contiguous_) {
      position_.x += 4;
      while (position_.x >= source.columns.output) position_ = {position_.y + 1, position_.x - source.columns.output};
    } else {
      if (n_left < 4 || xs.first > 0 || TapsInside(source.columns, position_.x + 3).last < source.columns.filter)
        return false;
      position_ = n_left > 4 ? Position{position_.y, position_.x + 4} : Position{position_.y + 1, 0};
    }
    const int32_t first_row = ys.origin + ys.first * source.rows.dilation;
    const int8_t* start = image + first_row * source.row_bytes() + xs.origin * source.depth;
    UnfoldFourPatches(source, start, ys, source.columns.stride * source.depth, patches_);
    return true;
  }

  Taps Rows() const { return TapsInside(job_.source.rows, position_.y); }
  Taps Columns() const { return TapsInside(job_.source.columns, position_.x); }

  ConvJob job_;
  BoundedRequantizer requantizer_;
  int32_t n_pairs_;
  int32_t n_pixels_;
  uint32_t* patches_;
  bool contiguous_;  // patches are the pixels, one after the other
  Position position_{};
};

void Run(const OperatorView& op) {
  ConvRun run(op);
  const int8_t* image = op.input_data<int8_t>();
  int8_t* output = op.output_data<int8_t>();
  const int32_t n_bytes = static_cast<int32_t>(op.output.n_bytes) / op.output.dims[0];
  for (int32_t n = 0; n < op.output.dims[0]; ++n, image += run.job().image_bytes(), output += n_bytes) {
    run.Image(image, output);
  }
}

}  // namespace

const Kernel kConv2d{OperatorCode::kConv2d, 1, CheckConv2d, Run};

}  // namespace tinyhost::simd
