#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "core/bytes.h"
#include "core/status.h"
#include "device/app.h"
#include "device/setting_table.h"
#include "engine/engine.h"
#include "model_store/model_store.h"

namespace tinyhost {

/// The active model: the engine that runs it, the app's conclusions, and what the engine's arena contains.
class ModelRunner {
 public:
  ModelRunner(const App& app, MutableBytes arena, SettingTable* settings)
      : app_(app), arena_(arena), settings_(*settings) {}

  const Engine& engine() const { return engine_; }
  size_t arena_capacity() const { return arena_.size; }
  /// The part of the arena that the loaded model leaves free, aligned to 16 bytes; empty if the engine uses all of it.
  MutableBytes ArenaRest() const;
  /// The number of images loaded so far; each leaves a different part of the arena free.
  uint32_t n_loads() const { return n_loads_; }

  /// Loads an image into the engine, where it stays until the next Activate().
  ImageCheck LoadCheck();
  /// Loads the image of the active model; no model if it is empty.
  void Activate(Bytes image);
  /// Whether the app can use the active model; if not, why.
  Status status() const { return status_; }
  /// Makes the app forget earlier results, and clears the model's state.
  void Restart();

  /// Fills the input tensor. `ticks` receives how long the app took.
  Status PrepareSample(const Sample& sample, uint64_t* ticks);
  Status PrepareWindow(uint64_t* ticks);
  /// Runs the model on its input tensor, which follows the previous one; `result` receives the status and the app's
  /// conclusions.
  void Predict(uint64_t time_us, Result* result);

  /// Writes to the input tensor, without a gap after the bytes that were written before. Returns kNoModel, kBadArgument
  /// if it would leave a gap, kNoSpace if it is beyond the tensor.
  Status WriteInput(uint32_t offset, Bytes data);
  size_t n_input_bytes() const { return n_input_bytes_; }
  /// Called when the caller has filled the input tensor.
  void SetInputComplete();
  bool is_input_complete() const { return contents_ == Contents::kInput; }

  /// Runs operators [first, end), from a cleared state if it runs all of them. `ticks` receives the total duration;
  /// with `profiles`, profile() has that of each operator.
  Status Run(size_t first, size_t end, bool profiles, uint64_t* ticks);
  /// How many operators have run on the input; 0 if the arena no longer holds their results.
  size_t n_operators_run() const { return contents_ == Contents::kOperators ? n_operators_run_ : 0; }
  bool has_output() const { return n_operators_run() != 0 && n_operators_run_ == engine_.n_operators(); }
  /// The app's score of the run; 0 if its result is not a single number.
  int32_t Score() const;
  /// Null before the first run with `profiles`.
  const uint32_t* profile() const { return has_profile_ ? profile_.data() : nullptr; }

  /// Changes whenever the arena's contents do.
  uint32_t arena_version() const { return arena_version_; }

 private:
  enum class Contents : uint8_t { kUnknown, kInput, kOperators };

  void SetContents(Contents contents);
  const Scoring* ActiveScoring() const { return status_ == Status::kOk ? app_.scoring : nullptr; }
  Status RunOperators(size_t first, size_t end, uint32_t* ticks, bool is_live);

  const App& app_;
  MutableBytes arena_;
  SettingTable& settings_;
  Engine engine_;
  Status status_ = Status::kNoModel;
  Contents contents_ = Contents::kUnknown;
  uint32_t arena_version_ = 0;
  uint32_t n_loads_ = 0;
  size_t n_input_bytes_ = 0;
  size_t n_operators_run_ = 0;
  size_t watched_ = 0;  // the operator after which the app looks at its tensor
  bool has_profile_ = false;
  bool follows_ = false;                           // the model's state is from the input before the next one
  std::array<uint32_t, kMaxOperators> profile_{};  // ticks
};

}  // namespace tinyhost
