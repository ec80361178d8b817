#pragma once

#include "../kernels/kernel.h"

namespace tinyhost::simd {

/// Kernels for processors with dual multiply-accumulate (Armv7E-M's DSP extension, __ARM_FEATURE_SIMD32).
extern const Kernel kAdd;
extern const Kernel kAveragePool2d;
extern const Kernel kBatchMatmul;
extern const Kernel kConv2d;
extern const Kernel kDepthwiseConv2d;
extern const Kernel kFullyConnected;
extern const Kernel kMaxPool2d;
extern const Kernel kMean;
extern const Kernel kMul;
extern const Kernel kSub;
extern const Kernel kUnidirectionalSequenceLstm;
extern const Kernel kWinogradConv2d;

}  // namespace tinyhost::simd
