#include "kernel.h"

namespace tinyhost {

// The portable kernels. A build with faster ones replaces entries here, behind its architecture's macro.
const Kernel* KernelFor(OperatorCode code) {
  switch (code) {
    case OperatorCode::kConv2d:
      return &kConv2dKernel;
    case OperatorCode::kDepthwiseConv2d:
      return &kDepthwiseConv2dKernel;
    case OperatorCode::kFullyConnected:
      return &kFullyConnectedKernel;
    case OperatorCode::kAveragePool2d:
      return &kAveragePool2dKernel;
    case OperatorCode::kMaxPool2d:
      return &kMaxPool2dKernel;
    case OperatorCode::kMean:
      return &kMeanKernel;
    case OperatorCode::kAdd:
      return &kAddKernel;
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

}  // namespace tinyhost
