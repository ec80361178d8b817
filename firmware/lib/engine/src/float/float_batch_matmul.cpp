// FLOAT_BATCH_MATMUL of two computed tensors; the second one's rows are the columns of the product.

#include "../kernels/batch_matmul.h"
#include "kernels.h"

namespace tinyhost {

namespace {

TINYHOST_COLD Status Check(const OperatorView& op, uint64_t* work) {
  return FitsBatchMatmul(TensorType::kFloat32, op, work) ? Status::kOk : Status::kImageParameter;
}

TINYHOST_HOT float Product(const float* a, const float* b, int32_t depth) {
  float sum = 0;
  for (int32_t i = 0; i < depth; ++i) sum += a[i] * b[i];
  return sum;
}

void Run(const OperatorView& op) { RunBatchMatmulOf<float>(op, Product); }

}  // namespace

const Kernel kFloatBatchMatmulKernel{OperatorCode::kFloatBatchMatmul, 2, sizeof(NoParams), Check, Run};

}  // namespace tinyhost
