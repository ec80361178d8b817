#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "core/bytes.h"
#include "core/status.h"
#include "mlperf/wake_features.h"

namespace tinyhost::mlperf {

constexpr size_t kWakeWindows = 30;  // of features, in the model's input
constexpr size_t kWakeInput = kWakeWindows * WakeFeatures::kBands;
constexpr size_t kWakeOutput = 3;  // the wake word, silence, anything else
constexpr int kWakeThreshold = 115;

/// Some samples of the microphone.
struct SoundBlock {
  size_t n_samples;
  uint32_t n_lost;  // since it was switched on
};

/// The model that hears a stream, and the microphone. All functions get the context of the Dut.
struct WakeDut {
  /// Whether the active model is a wake word model.
  bool (*is_active)(void* context);
  /// Quantizes a feature for the model.
  int8_t (*quantize)(void* context, float feature);
  Status (*infer)(void* context, const int8_t* input, int8_t* output);
  Status (*start_sound)(void* context);
  void (*stop_sound)(void* context);
  /// Never waits.
  Status (*read_sound)(void* context, int16_t* samples, size_t max, SoundBlock* block);
  /// Called at the first stride, and at every stride in which the wake word is heard.
  void (*pulse)(void* context);
};

/// Hears the wake word: strides of sound become features, features an input, and the input an output.
class WakeWord {
 public:
  WakeWord(const WakeDut& dut, void* context, uint64_t (*micros)(void* context))
      : dut_(dut), context_(context), micros_(micros) {}

  bool is_active() const { return dut_.is_active != nullptr && dut_.is_active(context_); }
  /// Forgets what it has heard.
  void Reset();
  /// Takes WakeFeatures::kStrideSamples samples.
  Status Hear(const int16_t* stride);
  /// Runs the model again on the same features.
  Status Infer() { return dut_.infer(context_, window_.data(), output_.data()); }
  /// The kBands values of the newest stride.
  const int8_t* features() const { return window_.data() + kWakeInput - WakeFeatures::kBands; }
  /// kWakeOutput values.
  const int8_t* output() const { return output_.data(); }

  /// Listens to the microphone from now on. `activations` gets the wake word's output after each stride.
  Status Start(MutableBytes activations);
  void Stop();
  bool is_listening() const { return is_listening_; }
  /// Takes the microphone's sound; returns whether there was any. Stops if it cannot go on.
  bool Listen();

  size_t n_activations() const { return n_activations_; }
  const int8_t* activations() const { return reinterpret_cast<const int8_t*>(activations_.data); }
  void ForgetActivations() { n_activations_ = 0; }
  uint32_t n_lost() const { return n_lost_; }
  /// Strides that were heard since the last Reset(), and the time that took.
  uint32_t n_heard() const { return n_heard_; }
  uint64_t busy_us() const { return busy_us_; }
  /// Why it stopped; kOk if it was stopped, or has not.
  Status status() const { return status_; }
  Status ReadSound(int16_t* samples, size_t max, SoundBlock* block) {
    return dut_.read_sound(context_, samples, max, block);
  }
  Status StartSound() { return dut_.start_sound(context_); }
  void StopSound() { dut_.stop_sound(context_); }

 private:
  void Conclude();

  const WakeDut dut_;
  void* const context_;
  uint64_t (*const micros_)(void* context);
  WakeFeatures front_;
  std::array<int8_t, kWakeInput> window_{};
  std::array<int8_t, kWakeOutput> output_{};
  std::array<int16_t, WakeFeatures::kStrideSamples> stride_{};
  size_t n_stride_ = 0;
  MutableBytes activations_{nullptr, 0};
  size_t n_activations_ = 0;
  uint32_t n_lost_ = 0;
  uint32_t n_heard_ = 0;
  uint64_t busy_us_ = 0;
  Status status_ = Status::kOk;
  bool is_listening_ = false;
};

}  // namespace tinyhost::mlperf
