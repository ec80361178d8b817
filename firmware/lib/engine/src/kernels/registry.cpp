#include "../float/kernels.h"
#include "../int16/kernels.h"
#include "../int32/kernels.h"
#include "../simd/kernels.h"
#include "kernel.h"

// Every operator: its code, the portable kernel, the one for dual multiply-accumulate.
#define TINYHOST_EACH_OPERATOR(X)                                                                      \
  X(kConv2d, kConv2dKernel, simd::kConv2d)                                                             \
  X(kDepthwiseConv2d, kDepthwiseConv2dKernel, simd::kDepthwiseConv2d)                                  \
  X(kFullyConnected, kFullyConnectedKernel, simd::kFullyConnected)                                     \
  X(kAveragePool2d, kAveragePool2dKernel, simd::kAveragePool2d)                                        \
  X(kMaxPool2d, kMaxPool2dKernel, simd::kMaxPool2d)                                                    \
  X(kMean, kMeanKernel, simd::kMean)                                                                   \
  X(kAdd, kAddKernel, simd::kAdd)                                                                      \
  X(kMul, kMulKernel, simd::kMul)                                                                      \
  X(kConcatenation, kConcatenationKernel, kConcatenationKernel)                                        \
  X(kPad, kPadKernel, kPadKernel)                                                                      \
  X(kSoftmax, kSoftmaxKernel, kSoftmaxKernel)                                                          \
  X(kLogistic, kLogisticKernel, kLogisticKernel)                                                       \
  X(kRelu, kReluKernel, kReluKernel)                                                                   \
  X(kRelu6, kRelu6Kernel, kRelu6Kernel)                                                                \
  X(kRequantize, kRequantizeKernel, kRequantizeKernel)                                                 \
  X(kQuantize, kQuantizeKernel, kQuantizeKernel)                                                       \
  X(kDequantize, kDequantizeKernel, kDequantizeKernel)                                                 \
  X(kLookup, kLookupKernel, kLookupKernel)                                                             \
  X(kStridedCopy, kStridedCopyKernel, kStridedCopyKernel)                                              \
  X(kSub, kSubKernel, simd::kSub)                                                                      \
  X(kMaximum, kMaximumKernel, kMaximumKernel)                                                          \
  X(kMinimum, kMinimumKernel, kMinimumKernel)                                                          \
  X(kPrelu, kPreluKernel, kPreluKernel)                                                                \
  X(kSquaredDifference, kSquaredDifferenceKernel, kSquaredDifferenceKernel)                            \
  X(kDiv, kDivKernel, kDivKernel)                                                                      \
  X(kCompare, kCompareKernel, kCompareKernel)                                                          \
  X(kSelect, kSelectKernel, kSelectKernel)                                                             \
  X(kBatchMatmul, kBatchMatmulKernel, simd::kBatchMatmul)                                              \
  X(kResizeBilinear, kResizeBilinearKernel, kResizeBilinearKernel)                                     \
  X(kArgMax, kArgMaxKernel, kArgMaxKernel)                                                             \
  X(kL2Normalization, kL2NormalizationKernel, kL2NormalizationKernel)                                  \
  X(kFloatConv2d, kFloatConv2dKernel, kFloatConv2dKernel)                                              \
  X(kFloatPool2d, kFloatPool2dKernel, kFloatPool2dKernel)                                              \
  X(kFloatBinary, kFloatBinaryKernel, kFloatBinaryKernel)                                              \
  X(kFloatUnary, kFloatUnaryKernel, kFloatUnaryKernel)                                                 \
  X(kFloatSoftmax, kFloatSoftmaxKernel, kFloatSoftmaxKernel)                                           \
  X(kFloatMean, kFloatMeanKernel, kFloatMeanKernel)                                                    \
  X(kFloatBatchMatmul, kFloatBatchMatmulKernel, kFloatBatchMatmulKernel)                               \
  X(kFloatResizeBilinear, kFloatResizeBilinearKernel, kFloatResizeBilinearKernel)                      \
  X(kFloatArgMax, kFloatArgMaxKernel, kFloatArgMaxKernel)                                              \
  X(kFloatCompare, kFloatCompareKernel, kFloatCompareKernel)                                           \
  X(kFloatSelect, kFloatSelectKernel, kFloatSelectKernel)                                              \
  X(kInt16Conv2d, kInt16Conv2dKernel, kInt16Conv2dKernel)                                              \
  X(kInt16Pool2d, kInt16Pool2dKernel, kInt16Pool2dKernel)                                              \
  X(kInt16Binary, kInt16BinaryKernel, kInt16BinaryKernel)                                              \
  X(kInt16Scale, kInt16ScaleKernel, kInt16ScaleKernel)                                                 \
  X(kInt16Sigmoid, kInt16SigmoidKernel, kInt16SigmoidKernel)                                           \
  X(kInt16Softmax, kInt16SoftmaxKernel, kInt16SoftmaxKernel)                                           \
  X(kInt16Mean, kInt16MeanKernel, kInt16MeanKernel)                                                    \
  X(kInt16Quantize, kInt16QuantizeKernel, kInt16QuantizeKernel)                                        \
  X(kInt16Dequantize, kInt16DequantizeKernel, kInt16DequantizeKernel)                                  \
  X(kInt16BatchMatmul, kInt16BatchMatmulKernel, kInt16BatchMatmulKernel)                               \
  X(kInt32Binary, kInt32BinaryKernel, kInt32BinaryKernel)                                              \
  X(kInt32Compare, kInt32CompareKernel, kInt32CompareKernel)                                           \
  X(kCast, kCastKernel, kCastKernel)                                                                   \
  X(kGather, kGatherKernel, kGatherKernel)                                                             \
  X(kSvdf, kSvdfKernel, kSvdfKernel)                                                                   \
  X(kUnidirectionalSequenceLstm, kUnidirectionalSequenceLstmKernel, simd::kUnidirectionalSequenceLstm) \
  X(kWinogradConv2d, kWinogradConv2dKernel, simd::kWinogradConv2d)                                     \
  X(kLogSoftmax, kLogSoftmaxKernel, kLogSoftmaxKernel)                                                 \
  X(kCumsum, kCumsumKernel, kCumsumKernel)

namespace tinyhost {

namespace {

#define TINYHOST_NAME(code, portable, simd_kernel) [[maybe_unused]] constexpr OperatorCode code = OperatorCode::code;
TINYHOST_EACH_OPERATOR(TINYHOST_NAME)
#undef TINYHOST_NAME

/// True if the program has this operator: all, or those of the groups that the build names
/// (-DTINYHOST_OPERATOR_GROUPS=7: AppLimits::operator_groups), or those that it names
/// (-DTINYHOST_OPERATORS=kConv2d,kSoftmax).
constexpr bool IsLinked([[maybe_unused]] OperatorCode code) {
#ifdef TINYHOST_OPERATOR_GROUPS
  if (!(TINYHOST_OPERATOR_GROUPS >> static_cast<int>(GroupOf(code)) & 1)) return false;
#endif
#ifdef TINYHOST_OPERATORS
  constexpr OperatorCode kLinked[] = {TINYHOST_OPERATORS};
  for (const OperatorCode linked : kLinked) {
    if (linked == code) return true;
  }
  return false;
#else
  return true;
#endif
}

/// A program links only the kernels that are named here.
template <bool kSimd>
const Kernel* Find(OperatorCode code) {
  switch (code) {
#define TINYHOST_CASE(code, portable, simd_kernel)                                       \
  case OperatorCode::code:                                                               \
    if constexpr (IsLinked(OperatorCode::code)) return kSimd ? &simd_kernel : &portable; \
    break;
    TINYHOST_EACH_OPERATOR(TINYHOST_CASE)
#undef TINYHOST_CASE
    case OperatorCode::kReshape:
      break;
  }
  return nullptr;
}

}  // namespace

const Kernel* PortableKernelFor(OperatorCode code) { return Find<false>(code); }

const Kernel* SimdKernelFor(OperatorCode code) { return Find<true>(code); }

}  // namespace tinyhost
