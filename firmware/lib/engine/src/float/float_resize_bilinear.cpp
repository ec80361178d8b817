// FLOAT_RESIZE_BILINEAR, with products and sums in TFLM's order.

#include <cmath>

#include "kernels.h"

namespace tinyhost {

namespace {

/// The sizes of input and output along one axis, height or width.
struct ResizedAxis {
  int32_t input;
  int32_t output;
  float scale;
  bool half_pixel_centers;
};

/// The two input positions around an output position, and its distance from the first one, which is negative before it.
struct Neighbours {
  Neighbours(const ResizedAxis& axis, int32_t i) {
    const auto place = static_cast<float>(i);
    const float position = axis.half_pixel_centers ? (place + 0.5f) * axis.scale - 0.5f : place * axis.scale;
    const auto below = static_cast<int32_t>(std::floor(position)), above = static_cast<int32_t>(std::ceil(position));
    first = below > 0 ? below : 0;
    second = above < axis.input - 1 ? above : axis.input - 1;
    fraction = position - static_cast<float>(first);
  }

  int32_t first;
  int32_t second;
  float fraction;
};

ResizedAxis Rows(const OperatorView& op, const FloatResizeBilinearParams& p) {
  return {op.inputs[0]->dims[1], op.output->dims[1], p.row_scale, p.half_pixel_centers != 0};
}

ResizedAxis Columns(const OperatorView& op, const FloatResizeBilinearParams& p) {
  return {op.inputs[0]->dims[2], op.output->dims[2], p.column_scale, p.half_pixel_centers != 0};
}

/// True if the neighbours of all outputs are inside the input. Positions grow, so the last one decides.
TINYHOST_COLD bool IsInside(const ResizedAxis& axis) {
  if (!(axis.scale >= 0) || !(axis.scale * static_cast<float>(axis.output) < static_cast<float>(1 << 30))) return false;
  return Neighbours(axis, axis.output - 1).first < axis.input;
}

TINYHOST_COLD Status Check(const OperatorView& op, uint64_t* work) {
  const auto& params = *op.params<FloatResizeBilinearParams>();
  const TensorRecord &input = *op.inputs[0], &output = *op.output;
  if (!IsFloat(input) || !IsFloat(output) || input.rank != 4 || output.rank != 4 || input.dims[0] != output.dims[0] ||
      input.dims[3] != output.dims[3] || !IsInside(Rows(op, params)) || !IsInside(Columns(op, params))) {
    return Status::kImageParameter;
  }
  *work += 8 * ElementCount(output);
  return Status::kOk;
}

void Run(const OperatorView& op) {
  const auto& params = *op.params<FloatResizeBilinearParams>();
  const ResizedAxis rows = Rows(op, params), columns = Columns(op, params);
  const int32_t depth = op.output->dims[3], row_step = columns.input * depth;
  const float* image = op.input_data<float>();
  float* output = op.output_data<float>();
  for (int32_t n = 0; n < op.output->dims[0]; ++n, image += rows.input * row_step) {
    for (int32_t y = 0; y < rows.output; ++y) {
      const Neighbours ys(rows, y);
      const float *upper = image + ys.first * row_step, *lower = image + ys.second * row_step;
      for (int32_t x = 0; x < columns.output; ++x) {
        const Neighbours xs(columns, x);
        const int32_t left = xs.first * depth, right = xs.second * depth;
        for (int32_t c = 0; c < depth; ++c) {
          *output++ = upper[left + c] * (1 - ys.fraction) * (1 - xs.fraction) +
                      lower[left + c] * ys.fraction * (1 - xs.fraction) +
                      upper[right + c] * (1 - ys.fraction) * xs.fraction + lower[right + c] * ys.fraction * xs.fraction;
        }
      }
    }
  }
}

}  // namespace

const Kernel kFloatResizeBilinearKernel{OperatorCode::kFloatResizeBilinear, 1, sizeof(FloatResizeBilinearParams), Check,
                                        Run};

}  // namespace tinyhost
