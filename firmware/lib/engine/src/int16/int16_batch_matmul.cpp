// INT16_BATCH_MATMUL of two computed tensors; the second one's rows are the columns of the product.

#include "../kernels/batch_matmul.h"
#include "kernels.h"
#include "long_sums.h"

namespace tinyhost {

namespace {

TINYHOST_COLD Status Check(const OperatorView& op, uint64_t* work) {
  const MulParams& p = *op.params<MulParams>();
  return FitsBatchMatmul(TensorType::kInt16, op, work) && IsLongScale(p.multiplier, p.shift) ? Status::kOk
                                                                                             : Status::kImageParameter;
}

struct Product {
  const MulParams& params;

  TINYHOST_HOT int16_t operator()(const int16_t* a, const int16_t* b, int32_t depth) const {
    int64_t sum = 0;
    for (int32_t i = 0; i < depth; ++i) sum += a[i] * b[i];
    const int32_t scaled = ScaledLongSum(static_cast<uint64_t>(sum), params.multiplier, params.shift);
    return static_cast<int16_t>(Clamp(scaled, INT16_MIN, INT16_MAX));
  }
};

void Run(const OperatorView& op) { RunBatchMatmulOf<int16_t>(op, Product{*op.params<MulParams>()}); }

}  // namespace

const Kernel kInt16BatchMatmulKernel{OperatorCode::kInt16BatchMatmul, 2, sizeof(MulParams), Check, Run};

}  // namespace tinyhost
