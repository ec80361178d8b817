#pragma once

#include <cstddef>
#include <cstdint>

#include "core/status.h"
#include "engine/image_format.h"

namespace tinyhost {

/// A tensor as the loaded plan places it. `data` points into the arena, or into the image for constants.
struct TensorView {
  TensorType type;
  uint8_t rank;
  int32_t dims[kMaxRank];
  float scale;
  int32_t zero_point;
  size_t n_bytes;
  void* data;
};

/// Reads a counter: nanoseconds, instructions or cycles, as the board counts (hal/clock.h).
using TickSource = uint64_t (*)();

/// Runs one model image in place: no heap, no exceptions, no recursion, a caller's static arena.
///
/// Load() checks every byte that Invoke() will rely on, so a hostile image is refused with a Status and
/// Invoke() has nothing left to check. `image` must be 16-byte aligned and outlive the engine's use of it.
class Engine {
 public:
  /// The engine's name as INFO reports it: "tinyhost".
  static const char* Name();

  Status Load(const uint8_t* image, size_t n_bytes, uint8_t* arena, size_t arena_bytes);
  void Unload();
  bool loaded() const;

  const ImageHeader& header() const;  // only when loaded()
  const ModelMetadata& metadata() const;
  const char* label(size_t index) const;  // "" beyond the last

  TensorView input() const;
  TensorView output() const;

  size_t n_operators() const;
  OperatorCode operator_code(size_t index) const;
  /// The output of an operator; its bytes are valid right after that operator ran.
  TensorView operator_output(size_t index) const;

  /// Runs every operator.
  Status Invoke();
  /// Runs operators [first, last); `ticks`, if given, receives one count per operator run, from `now`.
  Status InvokeRange(size_t first, size_t last, TickSource now = nullptr, uint32_t* ticks = nullptr);
};

}  // namespace tinyhost
