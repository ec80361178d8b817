#pragma once

#include <cstddef>
#include <cstdint>

#include "core/status.h"
#include "engine/image_format.h"
#include "engine/image_view.h"

namespace tinyhost {

/// Reads a counter: nanoseconds, instructions or cycles, as the board counts (hal/clock.h).
using TickSource = uint64_t (*)();

/// How one operator runs (src/kernels/kernel.h).
struct Kernel;

/// A set of kernels: returns the kernel of an operator, or null. All sets give the same results.
using KernelSet = const Kernel* (*)(OperatorCode);

/// The portable kernels, which define the results.
const Kernel* PortableKernelFor(OperatorCode code);
/// Kernels for processors with dual multiply-accumulate. Elsewhere these instructions are emulated, for tests.
const Kernel* SimdKernelFor(OperatorCode code);

#if defined(__ARM_FEATURE_SIMD32) && !defined(TINYHOST_PORTABLE_KERNELS)
constexpr KernelSet kFastestKernels = SimdKernelFor;
#else
constexpr KernelSet kFastestKernels = PortableKernelFor;
#endif

/// tinyhost's own engine. Runs a plan (a model image of versions kOldestImageVersion to kImageVersion) in place: no
/// heap, no exceptions, no recursion, a caller's static arena.
///
/// Load() checks every byte that Invoke() will rely on, so a hostile image is refused with a Status and
/// Invoke() has nothing left to check. `image` must be 16-byte aligned and outlive the engine's use of it,
/// and `arena` must be 16-byte aligned too.
class PlanEngine {
 public:
  explicit PlanEngine(KernelSet kernels = kFastestKernels) : kernels_(kernels) {}

  /// The engine's name as INFO reports it: "tinyhost".
  static const char* Name();

  /// kBadArgument: null or misaligned memory. kImage*: what is wrong with the image. After a failure nothing is loaded.
  Status Load(const uint8_t* image, size_t n_bytes, uint8_t* arena, size_t arena_bytes);
  void Unload();
  bool loaded() const { return view_.loaded(); }

  const ImageHeader& header() const { return view_.header(); }  // only when loaded()
  const ModelMetadata& metadata() const { return view_.metadata(); }
  const char* label(size_t index) const { return view_.label(index); }
  /// The task's own parameters, 16-byte aligned; their contents are not checked.
  Bytes task_data() const { return view_.task_data(); }

  TensorView input() const;
  TensorView output() const;

  size_t n_operators() const { return loaded() ? header().n_operators : 0; }
  OperatorCode operator_code(size_t index) const { return view_.op(index).code; }
  /// The output of an operator; its bytes are valid right after that operator ran.
  TensorView operator_output(size_t index) const;

  /// Whether others may use the arena from arena_bytes() on.
  static constexpr bool kLeavesRest = true;
  /// Bytes of the arena that the model takes.
  size_t arena_bytes() const { return loaded() ? metadata().arena_bytes : 0; }

  /// An upper bound on the elementary steps of one Invoke(), which Load() computed from the shapes.
  uint64_t work() const { return work_; }

  /// The operators that this program has: bit OperatorCode for each.
  uint64_t operators() const;

  /// True if the model keeps state from one inference to the next. Load() and Reset() clear it.
  bool has_state() const;
  void Reset();

  /// Runs every operator.
  Status Invoke();
  /// Runs operators [first, last); `ticks`, if given, receives one count per operator run, from `now`.
  Status InvokeRange(size_t first, size_t last, TickSource now = nullptr, uint32_t* ticks = nullptr);

 private:
  Status Check(size_t arena_bytes);

  KernelSet kernels_;
  ImageView view_;
  uint8_t* arena_ = nullptr;
  uint64_t work_ = 0;
};

}  // namespace tinyhost
