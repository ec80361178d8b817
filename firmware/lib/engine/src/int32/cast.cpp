// CAST: converts numbers from one type to another, ignoring scales. GATHER: selects rows of a table by index.

#include <cstring>
#include <limits>
#include <type_traits>

#include "kernels.h"

namespace tinyhost {

namespace {

/// Rounds toward zero and saturates, as TFLM does; NaN becomes 0.
template <typename Output>
Output Truncated(float x) {
  using Limits = std::numeric_limits<Output>;
  if (x != x) return 0;
  if (x <= static_cast<float>(Limits::min())) return Limits::min();
  return x >= static_cast<float>(Limits::max()) ? Limits::max() : static_cast<Output>(x);
}

template <typename Input, typename Output>
void Cast(const OperatorView& op) {
  const Input* input = op.input_data<Input>();
  Output* output = op.output_data<Output>();
  for (size_t n = ElementCount(*op.output); n > 0; --n, ++input) {
    if constexpr (std::is_floating_point_v<Input> && !std::is_floating_point_v<Output>) {
      *output++ = Truncated<Output>(*input);
    } else {
      *output++ = static_cast<Output>(*input);
    }
  }
}

using Run = void (*)(const OperatorView& op);

/// Null if the type is not numeric.
template <typename Input>
Run CastTo(TensorType output) {
  switch (output) {
    case TensorType::kFloat32:
      return Cast<Input, float>;
    case TensorType::kInt32:
      return Cast<Input, int32_t>;
    case TensorType::kInt16:
      return Cast<Input, int16_t>;
    case TensorType::kInt8:
      return Cast<Input, int8_t>;
    default:
      return nullptr;
  }
}

Run CastOf(TensorType input, TensorType output) {
  switch (input) {
    case TensorType::kFloat32:
      return CastTo<float>(output);
    case TensorType::kInt32:
      return CastTo<int32_t>(output);
    case TensorType::kInt16:
      return CastTo<int16_t>(output);
    case TensorType::kInt8:
      return CastTo<int8_t>(output);
    default:
      return nullptr;
  }
}

TINYHOST_COLD Status CheckCast(const OperatorView& op, uint64_t* work) {
  const size_t n = ElementCount(*op.output);
  if (n != ElementCount(*op.inputs[0]) || CastOf(op.inputs[0]->type, op.output->type) == nullptr) {
    return Status::kImageParameter;
  }
  *work += 2 * n;
  return Status::kOk;
}

void RunCast(const OperatorView& op) { CastOf(op.inputs[0]->type, op.output->type)(op); }

TINYHOST_COLD Status CheckGather(const OperatorView& op, uint64_t* work) {
  const TensorRecord &data = *op.inputs[0], &indices = *op.inputs[1];
  if (data.rank != 3 || op.output->rank != 3 || data.type != op.output->type || !IsInt32(indices) ||
      static_cast<size_t>(op.output->dims[1]) != ElementCount(indices) || data.dims[0] != op.output->dims[0] ||
      data.dims[2] != op.output->dims[2]) {
    return Status::kImageParameter;
  }
  *work += 2 * ByteCount(*op.output);
  return Status::kOk;
}

/// An index outside the table selects the nearest row.
void RunGather(const OperatorView& op) {
  const int32_t n_rows = op.inputs[0]->dims[1], n = op.output->dims[1];
  const size_t row_bytes = static_cast<size_t>(op.output->dims[2]) * ElementBytes(op.output->type);
  const uint8_t* table = op.input_data<uint8_t>();
  const int32_t* indices = op.input_data<int32_t>(1);
  uint8_t* output = op.output_data<uint8_t>();
  for (int32_t outer = op.output->dims[0]; outer > 0; --outer, table += static_cast<size_t>(n_rows) * row_bytes) {
    for (int32_t i = 0; i < n; ++i, output += row_bytes) {
      const int32_t known = indices[i] < n_rows ? indices[i] : n_rows - 1;
      std::memcpy(output, table + static_cast<size_t>(known > 0 ? known : 0) * row_bytes, row_bytes);
    }
  }
}

}  // namespace

const Kernel kCastKernel{OperatorCode::kCast, 1, sizeof(NoParams), CheckCast, RunCast};
const Kernel kGatherKernel{OperatorCode::kGather, 2, sizeof(NoParams), CheckGather, RunGather};

}  // namespace tinyhost
