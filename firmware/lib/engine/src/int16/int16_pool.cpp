// INT16_POOL_2D: (n, h, w, c) -> (n, oh, ow, c), average or maximum; INT16_MEAN over height and width. Neither counts
// padding.

#include "../kernels/fixed_point.h"
#include "../kernels/pool.h"
#include "../kernels/pool_window.h"
#include "../kernels/requantize.h"
#include "kernels.h"

namespace tinyhost {

namespace {

using Window = ChannelWindow<int16_t>;

struct Int16Pool {
  using Params = Int16PoolParams;
  static int16_t Clamped(const Params& p, int32_t value) {
    return static_cast<int16_t>(Clamp(value, p.activation_min, p.activation_max));
  }
  static int16_t Average(const Params& p, const Window& window, int32_t count) {
    return Clamped(p, RoundedMean(static_cast<int32_t>(Sum<uint32_t>(window)), count));
  }
  static int16_t Maximum(const Params& p, const Window& window) { return Clamped(p, Greatest(window)); }
};

struct Int16Mean {
  using Params = MeanParams;
  static int16_t Value(const Params& p, const Window& window) {
    const auto sum = static_cast<int32_t>(Sum<uint32_t>(window));
    return static_cast<int16_t>(Clamp(MultiplyByQuantizedMultiplier(sum, p.multiplier, p.shift), INT16_MIN, INT16_MAX));
  }
};

TINYHOST_COLD Status Check(const OperatorView& op, uint64_t* work) {
  const Int16PoolParams& p = *op.params<Int16PoolParams>();
  // A sum of this many elements fits in 32 bits.
  if (uint32_t{p.filter_height} * p.filter_width > UINT16_MAX || p.activation_min > p.activation_max) {
    return Status::kImageParameter;
  }
  return CheckPoolOf(TensorType::kInt16, op, PoolRows(op, p), PoolColumns(op, p), p.kind, work);
}

TINYHOST_COLD Status CheckMean(const OperatorView& op, uint64_t* work) {
  const MeanParams& params = *op.params<MeanParams>();
  if (params.multiplier < 0 || !ShiftInRange(params.shift)) return Status::kImageParameter;
  return CheckMeanOf(TensorType::kInt16, op, work);
}

}  // namespace

const Kernel kInt16Pool2dKernel{OperatorCode::kInt16Pool2d, 1, sizeof(Int16PoolParams), Check,
                                RunPoolOf<Int16Pool, int16_t>};
const Kernel kInt16MeanKernel{OperatorCode::kInt16Mean, 1, sizeof(MeanParams), CheckMean,
                              RunMeanOf<Int16Mean, int16_t>};

}  // namespace tinyhost
