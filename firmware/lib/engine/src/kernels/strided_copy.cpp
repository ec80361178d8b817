// Whatever only moves bytes: every byte of the output is the input's at an offset plus a sum of strides.

#include <cstring>

#include "kernel.h"

namespace tinyhost {

namespace {

constexpr int kRank = kMaxCopyRank;
constexpr int kInner = kRank - 1;

TINYHOST_COLD Status Check(const OperatorView& op, uint64_t* work) {
  const StridedCopyParams& params = *op.params<StridedCopyParams>();
  const int64_t n_inputs = static_cast<int64_t>(ByteCount(*op.inputs[0]));
  const int64_t n_outputs = static_cast<int64_t>(ByteCount(*op.output));
  int64_t size = 1, first = params.offset, last = params.offset;
  for (int d = 0; d < kRank; ++d) {
    const int64_t dim = params.dims[d], stride = params.strides[d];
    if (dim < 1 || dim > n_outputs || (dim == 1 && stride != 0)) return Status::kImageParameter;
    size *= dim;
    (stride < 0 ? first : last) += stride * (dim - 1);
    if (size > n_outputs || first < 0 || last >= n_inputs) return Status::kImageParameter;
  }
  *work += 2 * ByteCount(*op.output);
  return size == n_outputs ? Status::kOk : Status::kImageParameter;
}

void CopyRow(const int8_t* input, int32_t step, int32_t n, int8_t* output) {
  if (step == 1) {
    std::memmove(output, input, static_cast<size_t>(n));
    return;
  }
  for (int32_t i = 0; i < n; ++i) output[i] = input[i * step];
}

void Run(const OperatorView& op) {
  const StridedCopyParams& params = *op.params<StridedCopyParams>();
  const int8_t* input = op.input_data<int8_t>();
  int8_t* output = op.output_data<int8_t>();
  const int32_t n = params.dims[kInner];
  int32_t index[kRank] = {};
  int32_t position = static_cast<int32_t>(params.offset);
  for (int d = 0; d >= 0; output += n) {
    CopyRow(input + position, params.strides[kInner], n, output);
    for (d = kInner - 1; d >= 0; --d) {
      position += params.strides[d];
      if (++index[d] < params.dims[d]) break;
      position -= params.strides[d] * params.dims[d];
      index[d] = 0;
    }
  }
}

}  // namespace

const Kernel kStridedCopyKernel{OperatorCode::kStridedCopy, 1, sizeof(StridedCopyParams), Check, Run};

}  // namespace tinyhost
