// CONV_2D with dual multiply-accumulate: the patches of four output pixels are unfolded to 16 bits, then all filters
// run over them, two at a time (blocks.h). Patches that lie side by side are read from the input; others, which are cut
// by the border or gathered from taps, are first copied into one piece.

#include "conv.h"

#include "clamp.h"
#include "kernels.h"
#include "unfold.h"

namespace tinyhost::simd {

namespace {

class ConvRun {
 public:
  TINYHOST_COLD ConvRun(const ConvJob& job, Requantization form, const PatchMemory& memory)
      : job_(job),
        memory_(memory),
        source_(job.source),
        unfolded_(job.source.patch, job.source.zero_point),
        copied_bytes_(CopiedPatchBytes(job.source.patch)) {
    const Patch& patch = source_.patch;
    WindowAxis &rows = source_.rows, &columns = source_.columns;
    n_pixels_ = rows.output * columns.output;
    block_.exact = form == Requantization::kBounded ? nullptr : &job_.requantizer;
    block_.n_pairs = patch.n_pairs();
    block_.n_filters = job.group_filters;
    block_.pixel_bytes = job.out_depth();
    block_.carried = job.weights.carried;
    const bool pixels = rows.filter == 1 && columns.filter == 1 && rows.stride == 1 && columns.stride == 1;
    if (pixels && columns.input == columns.output && rows.input == rows.output) {  // rows are contiguous: one row
      columns.input = columns.output = n_pixels_;
      rows.input = rows.output = 1;
    }
    tall_ = columns.output == 1;
    const WindowAxis& walk = tall_ ? rows : columns;
    const int32_t room = walk.input + walk.pad - walk.extent();
    const bool cut = tall_ && (columns.pad > 0 || columns.extent() > columns.input);
    if (cut || room < 0 || (patch.joined() && patch.n_runs > 1)) return;  // patches are always copied
    first_whole_ = (walk.pad + walk.stride - 1) / walk.stride;
    end_whole_ = room / walk.stride + 1;
    if (end_whole_ > walk.output) end_whole_ = walk.output;
  }

  void Image(const int8_t* image, int8_t* output) {
    image_ = image;
    y_ = x_ = 0;
    for (int32_t left = n_pixels_; left > 0;) {
      FourPatches patches = SideBySide();
      const int32_t n_fours = NumberOf(patches), n_lanes = left < 4 ? left : 4;
      for (int32_t n = n_fours; n > 0; --n, patches.data += 4 * patches.lane_step, output += 4 * block_.pixel_bytes) {
        RunFour(patches, 0, output);
      }
      if (n_fours == 0) {
        RunFour(patches, n_lanes, output);
        output += 4 * block_.pixel_bytes;
      }
      const int32_t n_pixels = n_fours > 0 ? 4 * n_fours : n_lanes;
      left -= n_pixels;
      x_ += n_pixels;
      for (; !tall_ && x_ >= source_.columns.output; ++y_) x_ -= source_.columns.output;
    }
  }

 private:
  /// The next four patches, as they lie in the image if they lie side by side.
  TINYHOST_COLD FourPatches SideBySide() const {
    const WindowAxis &rows = source_.rows, &columns = source_.columns;
    const int32_t row_bytes = source_.row_bytes();
    if (tall_) {
      return {image_ + (x_ * rows.stride - rows.pad) * row_bytes, rows.dilation * row_bytes, rows.stride * row_bytes, 0,
              unfolded_.n_pieces};
    }
    const Taps ys = TapsInside(rows, y_);
    const int32_t row = ys.origin + ys.first * rows.dilation, column = x_ * columns.stride - columns.pad;
    return {image_ + row * row_bytes + column * source_.depth, rows.dilation * row_bytes,
            columns.stride * source_.depth, ys.first, ys.last};
  }

  /// How many times four patches lie side by side from here on in the row, uncut, and inside the image up to the end of
  /// the last word of joined patches, which is read whole.
  TINYHOST_COLD int32_t NumberOf(const FourPatches& patches) const {
    if (x_ < first_whole_ || x_ + 4 > end_whole_) return 0;
    const int32_t n = (end_whole_ - x_) / 4;
    const int32_t last_slice = source_.depth - job_.group_depth;
    const int32_t reach = (4 * n - 1) * patches.lane_step + last_slice + copied_bytes_;
    return source_.patch.joined() && image_ + job_.image_bytes() - patches.data < reach ? n - 1 : n;
  }

  /// Runs all filters over four patches side by side, or over the next n_copied pixels, whose patches it copies first.
  void RunFour(FourPatches patches, int32_t n_copied, int8_t* output) {
    const int8_t* slice = image_;
    block_.weights = reinterpret_cast<const uint32_t*>(job_.weights.data);
    block_.channels = job_.requantizer.channels;
    for (int32_t n = job_.groups; n > 0; --n, output += block_.n_filters) {
      if (n_copied == 1 && unfolded_.n_tail == 0) {
        RunLast(slice, output);
      } else {
        if (n_copied > 0) patches = Copied(slice, n_copied);
        UnfoldFourPatches(unfolded_, patches, memory_.unfolded);
        RunFourLanes(block_, memory_.unfolded, n_copied > 0 ? n_copied : 4, output);
      }
      if (n == 1) return;
      slice += job_.group_depth;
      patches.data += job_.group_depth;
      block_.weights += 2 * block_.n_pairs * job_.group_blocks;
      block_.channels += 4 * job_.group_blocks;
    }
  }

  /// Copies the patches of the next n_lanes pixels: as one window that holds them all, or one by one.
  TINYHOST_COLD FourPatches Copied(const int8_t* slice, int32_t n_lanes) const {
    const WindowAxis &rows = source_.rows, &columns = source_.columns;
    const int32_t run_bytes = source_.patch.run_bytes;
    int8_t* target = memory_.copied;
    if (!tall_ && x_ + n_lanes <= columns.output && PatchesOverlap(source_)) {
      const int32_t n_columns = 3 * columns.stride + columns.filter;
      CopyAt(slice, y_, x_, n_columns, target);
      return {target, n_columns * source_.depth, columns.stride * source_.depth, 0, rows.filter};
    }
    for (int32_t y = y_, x = x_; n_lanes > 0; --n_lanes, target += copied_bytes_) {
      CopyAt(slice, y, x, columns.filter, target);
      if (++x == columns.output && !tall_) x = 0, ++y;
    }
    return {memory_.copied, run_bytes, copied_bytes_, 0, unfolded_.n_pieces};
  }

  TINYHOST_COLD void CopyAt(const int8_t* slice, int32_t y, int32_t x, int32_t n_columns, int8_t* target) const {
    const WindowAxis &rows = source_.rows, &columns = source_.columns;
    const int32_t row = tall_ ? x : y, column = tall_ ? y : x;
    CopyWindow(source_, slice, row * rows.stride - rows.pad, column * columns.stride - columns.pad, n_columns, target);
  }

  /// Runs a group's filters over the last pixel.
  void RunLast(const int8_t* slice, int8_t* output) const {
    const int8_t* patch = slice;
    const Patch& run = source_.patch;
    if (n_pixels_ > 1 || run.n_runs > 1 || run.run_bytes % 4 != 0 || first_whole_ > 0 || end_whole_ < 1) {
      CopyAt(slice, y_, x_, source_.columns.filter, memory_.copied);
      patch = memory_.copied;
    }
    if (!memory_.unfolded || !block_.carried) return RunOneLane(block_, patch, output);
    UnfoldOnePatch(patch, block_.n_pairs, memory_.unfolded);
    RunOneLane(block_, memory_.unfolded, output);
  }

  const ConvJob& job_;
  const PatchMemory& memory_;
  PatchSource source_;
  UnfoldedForm unfolded_;
  BlockJob block_{};
  int32_t copied_bytes_;  // of one patch
  int32_t n_pixels_;
  bool tall_;                // one column: pixels are counted by x_, down the rows
  int32_t first_whole_ = 0;  // columns [first_whole_, end_whole_) have uncut patches side by side
  int32_t end_whole_ = 0;
  const int8_t* image_ = nullptr;
  int32_t y_ = 0;  // of the next pixel
  int32_t x_ = 0;
};

void Run(const OperatorView& op) {
  const ConvParams& params = *op.params<ConvParams>();
  const ConvJob job = MakeConvJob(op, params);
  const uint32_t unfolded_bytes = UnfoldedBytes(job.source.patch, job.source.rows.output * job.source.columns.output);
  PatchMemory memory{};
  if (params.scratch_bytes >= unfolded_bytes) memory = PatchMemory::In(op.Scratch(params, 0), unfolded_bytes);
  RunConv(job, params.requantization, memory, op.output->dims[0], op.input_data<int8_t>(), op.output_data<int8_t>());
  ClampOutput(op, params.activation_min, params.activation_max);
}

}  // namespace

void RunConv(const ConvJob& job, Requantization form, const PatchMemory& memory, int32_t n_images, const int8_t* images,
             int8_t* outputs) {
  ConvRun run(job, form, memory);
  const int32_t n_bytes = job.source.rows.output * job.source.columns.output * job.out_depth();
  for (; n_images > 0; --n_images, images += job.image_bytes(), outputs += n_bytes) run.Image(images, outputs);
}

const Kernel kConv2d{OperatorCode::kConv2d, 1, sizeof(ConvParams), CheckConv2d, Run};

}  // namespace tinyhost::simd
