// RESIZE_BILINEAR of an int8 image in TFLM's fixed point: weights are Q10, products of both axes' weights Q20.

#include "kernel.h"

namespace tinyhost {

namespace {

constexpr int kFractionBits = 10;
constexpr int32_t kOne = 1 << kFractionBits;
constexpr int32_t kHalf = 1 << (2 * kFractionBits - 1);

/// The sizes of input and output along one axis, height or width.
struct ResizedAxis {
  int32_t input;
  int32_t output;
  int32_t scale;  // Q10
  bool half_pixel_centers;

  int64_t Position(int64_t i) const { return i * scale + (half_pixel_centers ? scale / 2 - kOne / 2 : 0); }
  /// True if all positions are inside the input.
  bool IsInside() const {
    return scale >= 0 && Position(output - 1) < static_cast<int64_t>(input) * kOne && Position(0) > -kOne;
  }
};

/// The two input positions around an output position, and the weight of the second one; the first one's is 1 minus
/// that.
struct Neighbours {
  Neighbours(const ResizedAxis& axis, int32_t i) {
    const int32_t position = static_cast<int32_t>(axis.Position(i));
    first = position > 0 ? position / kOne : 0;
    second = (position + kOne - 1) / kOne;
    if (second > axis.input - 1) second = axis.input - 1;
    weight = position - kOne * first;
  }

  int32_t first;
  int32_t second;
  int32_t weight;
};

ResizedAxis Rows(const OperatorView& op, const ResizeBilinearParams& p) {
  return {op.inputs[0]->dims[1], op.output->dims[1], p.row_scale, p.half_pixel_centers != 0};
}

ResizedAxis Columns(const OperatorView& op, const ResizeBilinearParams& p) {
  return {op.inputs[0]->dims[2], op.output->dims[2], p.column_scale, p.half_pixel_centers != 0};
}

TINYHOST_COLD Status Check(const OperatorView& op, uint64_t* work) {
  const ResizeBilinearParams& params = *op.params<ResizeBilinearParams>();
  const TensorRecord &input = *op.inputs[0], &output = *op.output;
  if (!IsInt8(input, 4) || !IsInt8(output, 4) || input.dims[0] != output.dims[0] || input.dims[3] != output.dims[3] ||
      input.dims[1] > INT32_MAX / kOne - kOne || input.dims[2] > INT32_MAX / kOne - kOne ||
      !Rows(op, params).IsInside() || !Columns(op, params).IsInside()) {
    return Status::kImageParameter;
  }
  *work += 4 * ElementCount(output);
  return Status::kOk;
}

/// Computes one output pixel from two pixels in an upper row of the input and two in a lower one.
void RunPixel(const int8_t* const corners[4], const int32_t weights[4], int32_t depth, int8_t* output) {
  for (int32_t c = 0; c < depth; ++c) {
    int32_t sum = 0;
    for (int i = 0; i < 4; ++i) sum += corners[i][c] * weights[i];
    output[c] = static_cast<int8_t>((sum + (sum > 0 ? kHalf : -kHalf)) / (2 * kHalf));
  }
}

void Run(const OperatorView& op) {
  const ResizeBilinearParams& params = *op.params<ResizeBilinearParams>();
  const ResizedAxis rows = Rows(op, params), columns = Columns(op, params);
  const int32_t depth = op.output->dims[3], row_bytes = columns.input * depth;
  const int8_t* image = op.input_data<int8_t>();
  int8_t* output = op.output_data<int8_t>();
  for (int32_t n = 0; n < op.output->dims[0]; ++n, image += rows.input * row_bytes) {
    for (int32_t y = 0; y < rows.output; ++y) {
      const Neighbours ys(rows, y);
      const int8_t *upper = image + ys.first * row_bytes, *lower = image + ys.second * row_bytes;
      for (int32_t x = 0; x < columns.output; ++x, output += depth) {
        const Neighbours xs(columns, x);
        const int32_t left = xs.first * depth, right = xs.second * depth;
        const int8_t* const corners[4] = {upper + left, lower + left, upper + right, lower + right};
        const int32_t up = kOne - ys.weight, down = ys.weight, before = kOne - xs.weight, behind = xs.weight;
        const int32_t weights[4] = {up * before, down * before, up * behind, down * behind};
        RunPixel(corners, weights, depth, output);
      }
    }
  }
}

}  // namespace

const Kernel kResizeBilinearKernel{OperatorCode::kResizeBilinear, 1, sizeof(ResizeBilinearParams), Check, Run};

}  // namespace tinyhost
