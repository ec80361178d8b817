#pragma once

#include "../kernels/kernel.h"

namespace tinyhost {

/// Kernels for integers without a scale, and for tables that they index, the same on every processor.
extern const Kernel kInt32BinaryKernel;
extern const Kernel kInt32CompareKernel;
extern const Kernel kCastKernel;
extern const Kernel kGatherKernel;

inline bool IsInt32(const TensorRecord& tensor) { return tensor.type == TensorType::kInt32; }

}  // namespace tinyhost
