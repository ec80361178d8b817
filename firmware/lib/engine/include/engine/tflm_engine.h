#pragma once

#include <cstddef>
#include <cstdint>

#include "core/status.h"
#include "engine/image_format.h"
#include "engine/image_view.h"
#include "engine/plan_engine.h"

namespace tinyhost {

/// TensorFlow Lite Micro with PlanEngine's functions, to compare the two on one board: firmware/engines/tflm.
///
/// Runs a .tflite that is wrapped in a model image of version kTflmImageVersion. It does not check a file as PlanEngine
/// checks a plan: Load() rejects a file that is not a flatbuffer with one subgraph or does not match its records, but
/// an operator with impossible parameters reaches TensorFlow Lite Micro, which trusts them. One engine may be loaded at
/// a time.
class TflmEngine {
 public:
  TflmEngine() = default;
  TflmEngine(const TflmEngine&) = delete;
  TflmEngine& operator=(const TflmEngine&) = delete;

  static const char* Name();  // "tflm"

  Status Load(const uint8_t* image, size_t n_bytes, uint8_t* arena, size_t arena_bytes);
  void Unload();
  bool loaded() const { return view_.loaded(); }

  const ImageHeader& header() const { return view_.header(); }  // only when loaded()
  const ModelMetadata& metadata() const { return view_.metadata(); }
  const char* label(size_t index) const { return view_.label(index); }
  Bytes task_data() const { return view_.task_data(); }

  TensorView input() const;
  TensorView output() const;

  size_t n_operators() const { return loaded() ? header().n_operators : 0; }
  OperatorCode operator_code(size_t index) const { return view_.op(index).code; }
  TensorView operator_output(size_t index) const;

  /// Whether others may use the arena from arena_bytes() on: no, TensorFlow Lite Micro takes memory from both ends.
  static constexpr bool kLeavesRest = false;
  /// Bytes of the arena that the model takes, TensorFlow Lite Micro's own structures included.
  size_t arena_bytes() const;

  /// The operators that this program has: bit OperatorCode for each.
  uint64_t operators() const;

  /// Images for TensorFlow Lite Micro have no operators with state.
  bool has_state() const { return false; }
  void Reset() {}

  Status Invoke() { return InvokeRange(0, n_operators()); }
  Status InvokeRange(size_t first, size_t last, TickSource now = nullptr, uint32_t* ticks = nullptr);

 private:
  Status Start(uint8_t* arena, size_t arena_bytes);

  ImageView view_;
};

}  // namespace tinyhost
