#pragma once

#include <cstddef>
#include <cstdint>

#include "core/status.h"

namespace tinyhost {

constexpr size_t kMinFrontendWindow = 65;   // samples, so that the FFT takes 128
constexpr size_t kMaxFrontendWindow = 512;  // samples: 32 ms at 16 kHz
constexpr size_t kMaxFrontendChannels = 64;
constexpr size_t kMaxFrontendCoefficients = 20;
constexpr uint32_t kMaxFrontendRateHz = 65'535;

/// TensorFlow Lite Micro has two frontends, whose features differ by one step here and there. They round their tables
/// differently (window in double or single precision, filter weights down or to the nearest), and differ in how they
/// treat a windowed sample of -32768, whose absolute value does not fit.
enum class FrontendVariant : uint8_t {
  kSignal = 0,  ///< tensorflow/tflite-micro, signal/: audio_preprocessor_int8.tflite, micro_speech
  kMicrofrontend =
      1,  ///< tensorflow/lite/experimental/microfrontend: TensorFlow's audio_microfrontend, pymicro-features
};

struct FrontendConfig {
  uint32_t sample_rate_hz = 16'000;
  uint16_t window_ms = 30;
  uint16_t stride_ms = 20;
  uint16_t lower_band_hz = 125;
  uint16_t upper_band_hz = 7500;
  uint8_t n_channels = 40;
  FrontendVariant variant = FrontendVariant::kSignal;
  uint8_t n_coefficients = 0;  // 0: the channels are the features; else cepstral coefficients (MFCC) of them
};

/// Maps a raw feature to a model's int8 input as TFLM's micro_speech does: a range of 26 (in 1/25.6) onto 256 steps.
constexpr int8_t QuantizedFeature(uint16_t raw) {
  const uint32_t step = (raw * 256u + 333) / 666;
  return static_cast<int8_t>(step < 255 ? static_cast<int32_t>(step) - 128 : 127);
}

/// Triangles on the mel scale, each from the centre of the previous channel to that of the next one.
struct MelFilters {
  uint32_t weights[kMaxFrontendWindow / 2];  // Q12, from first_bin on: of the channel that rises there | falls << 16
  uint8_t n_bins[kMaxFrontendChannels + 1];  // where channel i rises
  uint16_t first_bin, end_bin;
};

/// PCAN's gain as a function of the noise estimate, in parabolas from one power of two to the next.
struct GainCurve {
  struct Segment {
    int16_t value, slope, curve;
  };
  int16_t at_0, at_1;
  Segment segments[31];  // i: [2^(i+1), 2^(i+2))
};

/// Converts logarithms of channels to int8 cepstral coefficients.
struct CepstrumTable {
  int16_t cosines[2 * kMaxFrontendChannels + 1];  // Q14: of pi * i / (2 * n_channels)
  int32_t gains[kMaxFrontendCoefficients];        // Q32, of a sum of raw features times cosines
};

/// TensorFlow Lite Micro's audio micro-frontend: from 16-bit sound to log mel energies, one row of channels per stride.
/// Hann window, FFT, mel filters, square root, noise reduction, PCAN gain, logarithm, all in integers and equal to
/// TFLM's to the bit. Floats are used only for the tables in Configure. All memory is inside the object.
///
/// With the same filters it can compute mel frequency cepstral coefficients (MFCC) instead: the plain logarithm of each
/// amplitude, 0 for a sine of amplitude 1 and for less, then HTK's DCT and its lifter of 22, in steps of half a neper.
class Frontend {
 public:
  /// Makes the tables and resets. Returns kBadArgument and changes nothing for a window of less than kMinFrontendWindow
  /// or more than kMaxFrontendWindow samples, a stride of 0 or longer than the window, no channel or more than
  /// kMaxFrontendChannels, more coefficients than kMaxFrontendCoefficients or than channels, a rate above
  /// kMaxFrontendRateHz, or bands that are empty or reach half the sample rate.
  Status Configure(const FrontendConfig& config);

  /// Forgets all sound: the next samples begin a recording.
  void Reset();

  /// Takes samples up to the one that completes a stride. Then it sets `is_stride_complete`, and raw() and Features()
  /// change. Returns how many were taken: less than n only at the end of a stride. The first stride is complete with a
  /// whole window, each later one after stride_samples() more. Before Configure it takes all, and completes no stride.
  size_t Take(const int16_t* samples, size_t n, bool* is_stride_complete);

  /// The n_channels() values of the newest stride: 64 * ln(energy) after noise reduction and gain, or for MFCC 64 *
  /// ln(amplitude).
  const uint16_t* raw() const { return raw_; }

  /// The n_features() values of a model's input: the same through QuantizedFeature, or their cepstral coefficients.
  void Features(int8_t* features) const;

  size_t n_channels() const { return n_channels_; }
  size_t n_features() const { return n_coefficients_ != 0 ? n_coefficients_ : n_channels_; }
  size_t window_samples() const { return n_window_; }
  size_t stride_samples() const { return n_stride_; }

 private:
  void CompleteStride();

  uint16_t n_window_ = 0;
  uint16_t n_stride_ = 0;
  uint16_t n_held_ = 0;  // samples in samples_
  uint8_t n_channels_ = 0;
  uint8_t n_coefficients_ = 0;
  uint8_t fft_bits_ = 0;  // the FFT takes 1 << fft_bits_ samples
  FrontendVariant variant_ = FrontendVariant::kSignal;

  alignas(4) int16_t samples_[kMaxFrontendWindow];
  alignas(4) int16_t window_[kMaxFrontendWindow];
  uint32_t spectrum_[kMaxFrontendWindow / 2];
  uint32_t noise_[kMaxFrontendChannels];
  uint16_t raw_[kMaxFrontendChannels];
  MelFilters filters_;
  GainCurve gain_;
  CepstrumTable cepstrum_;
};

}  // namespace tinyhost
