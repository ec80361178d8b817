// BATCH_MATMUL of two computed int8 tensors, as in attention; the second one's rows are the columns of the product.

#include "batch_matmul.h"

#include "requantize.h"

namespace tinyhost {

TINYHOST_COLD Status CheckBatchMatmul(const OperatorView& op, uint64_t* work) {
  const MulParams& params = *op.params<MulParams>();
  if (!FitsBatchMatmul(TensorType::kInt8, op, work) || params.multiplier < 0 || !ShiftInRange(params.shift)) {
    return Status::kImageParameter;
  }
  return Status::kOk;
}

namespace {

/// The portable sums of products.
struct Sums {
  static constexpr int32_t kColumns = 1;

  Sums(int32_t zero_point_a, int32_t zero_point_b, int32_t depth)
      : zero_point_a(zero_point_a), zero_point_b(zero_point_b), depth(depth) {}
  void operator()(const int8_t* a, const int8_t* b, int32_t, uint32_t sums[kColumns]) const {
    uint32_t sum = 0;
    for (int32_t i = 0; i < depth; ++i) {
      sum += static_cast<uint32_t>((a[i] - zero_point_a) * (b[i] - zero_point_b));
    }
    sums[0] = sum;
  }

  int32_t zero_point_a;
  int32_t zero_point_b;
  int32_t depth;
};

}  // namespace

const Kernel kBatchMatmulKernel{OperatorCode::kBatchMatmul, 2, sizeof(MulParams), CheckBatchMatmul,
                                RunBatchMatmul<Sums>};

}  // namespace tinyhost
