#pragma once

#include "../kernels/kernel.h"

namespace tinyhost {

/// Kernels of int16 activations with int8 weights, TFLM's 16x8 quantization, the same on every processor. Activations
/// are symmetric: their zero point is 0.
extern const Kernel kInt16Conv2dKernel;
extern const Kernel kInt16Pool2dKernel;
extern const Kernel kInt16BinaryKernel;
extern const Kernel kInt16ScaleKernel;
extern const Kernel kInt16SigmoidKernel;
extern const Kernel kInt16SoftmaxKernel;
extern const Kernel kInt16MeanKernel;
extern const Kernel kInt16QuantizeKernel;
extern const Kernel kInt16DequantizeKernel;
extern const Kernel kInt16BatchMatmulKernel;

inline bool IsInt16(const TensorRecord& tensor) { return tensor.type == TensorType::kInt16; }

}  // namespace tinyhost
