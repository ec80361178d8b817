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

TINYHOST_COLD bool ValidBroadcast(const OperatorView& op) {
  const Shape4 out = ExtendShape(op.output);
  for (int i = 0; i < 2; ++i) {
    const Shape4 in = ExtendShape(op.inputs[i]);
    if (op.inputs[i].type != TensorType::kInt8) return false;
    for (int d = 0; d < 4; ++d) {
      if (in.dims[d] != 1 && in.dims[d] != out.dims[d]) return false;
    }
  }
  return op.output.type == TensorType::kInt8;
}

TINYHOST_COLD void ForEachRow(const OperatorView& op, RowFunction function) {
  const Shape4 out = ExtendShape(op.output);
  const Shape4 sa = BroadcastStrides(op.inputs[0]);
  const Shape4 sb = BroadcastStrides(op.inputs[1]);
  int8_t* output = op.output_data<int8_t>();
  for (int32_t i = 0; i < out.dims[0]; ++i) {
    for (int32_t j = 0; j < out.dims[1]; ++j) {
      for (int32_t k = 0; k < out.dims[2]; ++k, output += out.dims[3]) {
        const int8_t* a = op.input_data<int8_t>(0) + i * sa.dims[0] + j * sa.dims[1] + k * sa.dims[2];
        const int8_t* b = op.input_data<int8_t>(1) + i * sb.dims[0] + j * sb.dims[1] + k * sb.dims[2];
        function(op, a, sa.dims[3], b, sb.dims[3], out.dims[3], output);
      }
    }
  }
}

}  // namespace tinyhost
