#pragma once

#include <cstdint>

#include "core/status.h"
#include "engine/image_view.h"
#include "hot.h"

namespace tinyhost {

/// One operator with its tensors: their records, and where their elements are.
struct OperatorView {
  const ImageView* image;
  const OperatorRecord* record;
  uint8_t* arena;
  const void* record_params;
  const TensorRecord* output;
  void* output_at;
  const TensorRecord* inputs[kMaxInputs];
  void* inputs_at[kMaxInputs];

  /// The operator's parameters, of the type that its kernel names: inside the constants section, and aligned.
  template <typename Params>
  const Params* params() const {
    return static_cast<const Params*>(record_params);
  }
  /// The operator's scratch memory; null if it has fewer than n_bytes or is not completely inside the arena.
  template <typename Params>
  uint8_t* Scratch(const Params& params, uint64_t n_bytes) const {
    return Scratch(params.scratch_offset, params.scratch_bytes, n_bytes);
  }
  uint8_t* Scratch(uint32_t scratch_offset, uint32_t scratch_bytes, uint64_t n_bytes) const;
  template <typename T>
  const T* input_data(size_t index = 0) const {
    return static_cast<const T*>(inputs_at[index]);
  }
  template <typename T>
  T* output_data() const {
    return static_cast<T*>(output_at);
  }

  OperatorView() = default;
  OperatorView& operator=(const OperatorView&) = delete;

 protected:
  OperatorView(const OperatorView&) = default;  // AsConv2d has records of its own
};

/// How one OperatorCode runs. Tensors are already known to be well-formed and inside their memory.
///
/// `check` rejects whatever `run` could not handle safely, and adds to `work` an upper bound of run's elementary steps.
/// `run` may assume what `check` accepted. Input and output may overlap in the arena as the host planned it:
/// - A windowed kernel (convolution, pooling) writes output pixels in row-major order, at most kPixelsInFlight of them
///   before it has read the whole window of the first. If ConvParams::channels_at_once is set, it does so for that many
///   channels after the other, because a channel's output lies over that channel.
/// - WINOGRAD_CONV_2D writes kWinogradRows by kWinogradColumns pixels after it has read the window of them all, then
///   the next ones in that row.
/// - An elementwise kernel reads element i before it writes element i, in order.
/// - A softmax finishes a row before the next one.
/// - An LSTM reads a step's row before it writes the next step's.
/// - All others have disjoint buffers.
/// (host/tinyhost/compiler/overlap.py)
struct Kernel {
  OperatorCode code;
  uint8_t n_inputs;       // 0: any number
  uint16_t params_bytes;  // size of the operator's parameters
  Status (*check)(const OperatorView& op, uint64_t* work);
  void (*run)(const OperatorView& op);
};

extern const Kernel kConv2dKernel;
extern const Kernel kDepthwiseConv2dKernel;
extern const Kernel kFullyConnectedKernel;
extern const Kernel kAveragePool2dKernel;
extern const Kernel kMaxPool2dKernel;
extern const Kernel kMeanKernel;
extern const Kernel kAddKernel;
extern const Kernel kMulKernel;
extern const Kernel kConcatenationKernel;
extern const Kernel kPadKernel;
extern const Kernel kSoftmaxKernel;
extern const Kernel kLogisticKernel;
extern const Kernel kReluKernel;
extern const Kernel kRelu6Kernel;
extern const Kernel kRequantizeKernel;
extern const Kernel kQuantizeKernel;
extern const Kernel kDequantizeKernel;
extern const Kernel kLookupKernel;
extern const Kernel kStridedCopyKernel;
extern const Kernel kUnidirectionalSequenceLstmKernel;
extern const Kernel kSubKernel;
extern const Kernel kMaximumKernel;
extern const Kernel kMinimumKernel;
extern const Kernel kPreluKernel;
extern const Kernel kSquaredDifferenceKernel;
extern const Kernel kDivKernel;
extern const Kernel kCompareKernel;
extern const Kernel kSelectKernel;
extern const Kernel kBatchMatmulKernel;
extern const Kernel kResizeBilinearKernel;
extern const Kernel kArgMaxKernel;
extern const Kernel kL2NormalizationKernel;
extern const Kernel kSvdfKernel;
extern const Kernel kWinogradConv2dKernel;
extern const Kernel kLogSoftmaxKernel;
extern const Kernel kCumsumKernel;

/// True if a tensor is int8 of this rank.
inline bool IsInt8(const TensorRecord& tensor, int rank) {
  return tensor.type == TensorType::kInt8 && tensor.rank == rank;
}

inline bool IsByte(const TensorRecord& tensor) { return ElementBytes(tensor.type) == 1; }

}  // namespace tinyhost
