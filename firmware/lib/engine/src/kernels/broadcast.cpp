#include "broadcast.h"

namespace tinyhost {

TINYHOST_COLD Shape4 BroadcastStrides(const TensorView& tensor) {
  const Shape4 shape = ExtendShape(tensor);
  Shape4 strides{};
  int32_t stride = 1;
  for (int d = 3; d >= 0; --d) {
    strides.dims[d] = shape.dims[d] == 1 ? 0 : stride;
    stride *= shape.dims[d];
  }
  return strides;
}

TINYHOST_COLD Shape4 ExtendShape(const TensorView& tensor) {
  Shape4 shape{{1, 1, 1, 1}};
  for (int i = 0; i < tensor.rank; ++i) shape.dims[4 - tensor.rank + i] = tensor.dims[i];
  return shape;
}

TINYHOST_COLD bool BothBroadcast(const OperatorView& op) {
  const Shape4 out = ExtendShape(op.output);
  for (int i = 0; i < 2; ++i) {
    const Shape4 in = ExtendShape(op.inputs[i]);
    for (int d = 0; d < 4; ++d) {
      if (in.dims[d] != 1 && in.dims[d] != out.dims[d]) return false;
    }
  }
  return true;
}

TINYHOST_COLD bool ValidBroadcast(const OperatorView& op) {
  return op.inputs[0].type == TensorType::kInt8 && op.inputs[1].type == TensorType::kInt8 &&
         op.output.type == TensorType::kInt8 && BothBroadcast(op);
}

TINYHOST_COLD void ForEachRows(const OperatorView& op, RowsFunction function, const void* context) {
  Shape4 out = ExtendShape(op.output);
  const Shape4 sa = BroadcastStrides(op.inputs[0]);
  const Shape4 sb = BroadcastStrides(op.inputs[1]);
  int32_t n = 1, step_a = 1, step_b = 1;
  for (int d = 3; d >= 0; --d) {
    const int32_t size = out.dims[d];
    if (size == 1) continue;
    const int32_t moves_a = sa.dims[d] != 0, moves_b = sb.dims[d] != 0;
    if (n > 1 && (moves_a != step_a || moves_b != step_b)) break;
    step_a = moves_a;
    step_b = moves_b;
    n *= size;
    out.dims[d] = 1;
  }
  Rows rows{nullptr, nullptr, op.output_data<int8_t>(), n, step_a, step_b, out.dims[2], sa.dims[2], sb.dims[2]};
  for (int32_t i = 0; i < out.dims[0]; ++i) {
    for (int32_t j = 0; j < out.dims[1]; ++j, rows.output += n * rows.n_rows) {
      rows.a = op.input_data<int8_t>(0) + i * sa.dims[0] + j * sa.dims[1];
      rows.b = op.input_data<int8_t>(1) + i * sb.dims[0] + j * sb.dims[1];
      function(op, rows, context);
    }
  }
}

namespace {

TINYHOST_COLD void RunEachRow(const OperatorView& op, const Rows& rows, const void* context) {
  const RowFunction function = *static_cast<const RowFunction*>(context);
  const int8_t *a = rows.a, *b = rows.b;
  int8_t* output = rows.output;
  for (int32_t i = rows.n_rows; i > 0; --i, a += rows.next_a, b += rows.next_b, output += rows.n) {
    function(op, a, rows.step_a, b, rows.step_b, rows.n, output);
  }
}

}  // namespace

TINYHOST_COLD void ForEachRow(const OperatorView& op, RowFunction function) { ForEachRows(op, RunEachRow, &function); }

}  // namespace tinyhost
