#include "../simd/kernels.h"
#include "kernel.h"

namespace tinyhost {

namespace {

/// Both sets in one list; a program links only what its set names.
template <bool kSimd>
const Kernel* Find(OperatorCode code) {
  switch (code) {
    case OperatorCode::kConv2d:
      return kSimd ? &simd::kConv2d : &kConv2dKernel;
    case OperatorCode::kDepthwiseConv2d:
      return kSimd ? &simd::kDepthwiseConv2d : &kDepthwiseConv2dKernel;
    case OperatorCode::kFullyConnected:
      return kSimd ? &simd::kFullyConnected : &kFullyConnectedKernel;
    case OperatorCode::kAveragePool2d:
      return &kAveragePool2dKernel;
    case OperatorCode::kMaxPool2d:
      return &kMaxPool2dKernel;
    case OperatorCode::kMean:
      return &kMeanKernel;
    case OperatorCode::kAdd:
      return kSimd ? &simd::kAdd : &kAddKernel;
    case OperatorCode::kMul:
      return &kMulKernel;
    case OperatorCode::kConcatenation:
      return &kConcatenationKernel;
    case OperatorCode::kPad:
      return &kPadKernel;
    case OperatorCode::kSoftmax:
      return &kSoftmaxKernel;
    case OperatorCode::kLogistic:
      return &kLogisticKernel;
    case OperatorCode::kRelu:
      return &kReluKernel;
    case OperatorCode::kRelu6:
      return &kRelu6Kernel;
    case OperatorCode::kRequantize:
      return &kRequantizeKernel;
    case OperatorCode::kQuantize:
      return &kQuantizeKernel;
    case OperatorCode::kDequantize:
      return &kDequantizeKernel;
  }
  return nullptr;
}

}  // namespace

const Kernel* PortableKernelFor(OperatorCode code) { return Find<false>(code); }

const Kernel* SimdKernelFor(OperatorCode code) { return Find<true>(code); }

}  // namespace tinyhost
