#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace tinyhost::mlperf {

/// The features of MLPerf Tiny's streaming wake word: log energies of 40 mel bands over the newest 1,024 samples, every
/// 512 samples. In float32, as get_lfbe_func() of benchmark/training/streaming_wakeword/get_dataset.py in
/// mlcommons/tiny and its reference device compute them.
class WakeFeatures {
 public:
  static constexpr size_t kStrideSamples = 512;
  static constexpr size_t kWindowSamples = 1024;
  static constexpr size_t kBands = 40;

  /// Forgets all samples.
  void Reset();
  /// Takes kStrideSamples samples, 16 kHz; returns kBands values from 0 to 1, until the next call.
  const float* Take(const int16_t* stride);

 private:
  static constexpr size_t kPoints = kWindowSamples / 2;  // of the complex transform

  void MakeTables();
  void LoadWindow();
  void Transform();
  void SumBands();

  bool has_tables_ = false;
  float before_ = 0.0f;  // the sample before the window, from -1 to 1
  std::array<int16_t, kWindowSamples> samples_{};
  std::array<float, kWindowSamples> work_{};   // points of the transform; energies; bands
  std::array<float, kPoints / 2 + 1> sine_{};  // of 2 pi k / kWindowSamples, the first quarter
  std::array<float, kPoints> hamming_{};       // the first half
  std::array<float, kPoints> mel_{};           // of the bins above 0, counted in bands
};

}  // namespace tinyhost::mlperf
