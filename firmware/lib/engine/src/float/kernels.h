#pragma once

#include "../kernels/kernel.h"

namespace tinyhost {

/// Kernels for float32, the same on every processor. They follow TFLM's reference kernels addition by addition: nothing
/// is contracted (-ffp-contract=off) or reordered, so results are equal to the bit.
extern const Kernel kFloatConv2dKernel;
extern const Kernel kFloatPool2dKernel;
extern const Kernel kFloatBinaryKernel;
extern const Kernel kFloatUnaryKernel;
extern const Kernel kFloatSoftmaxKernel;
extern const Kernel kFloatMeanKernel;
extern const Kernel kFloatBatchMatmulKernel;
extern const Kernel kFloatResizeBilinearKernel;
extern const Kernel kFloatArgMaxKernel;
extern const Kernel kFloatCompareKernel;
extern const Kernel kFloatSelectKernel;

inline bool IsFloat(const TensorRecord& tensor) { return tensor.type == TensorType::kFloat32; }

/// std::min(std::max(x, low), high); NaN stays NaN.
inline float ClampFloat(float x, float low, float high) {
  x = x < low ? low : x;
  return high < x ? high : x;
}

}  // namespace tinyhost
