// FLOAT_POOL_2D: (n, h, w, c) -> (n, oh, ow, c), average or maximum; FLOAT_MEAN over height and width. Neither counts
// padding.

#include "../kernels/pool_window.h"
#include "kernels.h"

namespace tinyhost {

namespace {

using Window = ChannelWindow<float>;

struct FloatPool {
  using Params = FloatPoolParams;
  static float Average(const Params& p, const Window& window, int32_t count) {
    return ClampFloat(Sum<float>(window) / static_cast<float>(count), p.activation_min, p.activation_max);
  }
  static float Maximum(const Params& p, const Window& window) {
    return ClampFloat(Greatest(window), p.activation_min, p.activation_max);
  }
};

struct FloatMean {
  using Params = FloatMeanParams;
  static float Value(const Params& p, const Window& window) { return Sum<float>(window) / p.divisor; }
};

TINYHOST_COLD Status Check(const OperatorView& op, uint64_t* work) {
  const FloatPoolParams& p = *op.params<FloatPoolParams>();
  return CheckPoolOf(TensorType::kFloat32, op, PoolRows(op, p), PoolColumns(op, p), p.kind, work);
}

TINYHOST_COLD Status CheckMean(const OperatorView& op, uint64_t* work) {
  return CheckMeanOf(TensorType::kFloat32, op, work);
}

}  // namespace

const Kernel kFloatPool2dKernel{OperatorCode::kFloatPool2d, 1, sizeof(FloatPoolParams), Check,
                                RunPoolOf<FloatPool, float>};
const Kernel kFloatMeanKernel{OperatorCode::kFloatMean, 1, sizeof(FloatMeanParams), CheckMean,
                              RunMeanOf<FloatMean, float>};

}  // namespace tinyhost
