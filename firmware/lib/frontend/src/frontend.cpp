#include "frontend/frontend.h"

#include "channels.h"
#include "core/portable.h"
#include "fft.h"
#include "pairs.h"
#include "tables.h"

namespace tinyhost {
namespace {

static_assert(sizeof(Frontend) <= 6 * 1024, "what a board has for it");

constexpr int kMinFftBits = 7;
constexpr int kNoiseBits = 10;

/// Copies to a lower address, or to other memory. Not memmove, which copies byte by byte in small C libraries.
void MoveSamples(const int16_t* source, size_t n, int16_t* target) {
  size_t i = 0;
  for (; i + 8 <= n; i += 8) {
    const pairs::Pair a = pairs::Load(source + i), b = pairs::Load(source + i + 2);
    const pairs::Pair c = pairs::Load(source + i + 4), d = pairs::Load(source + i + 6);
    pairs::Store(target + i, a);
    pairs::Store(target + i + 2, b);
    pairs::Store(target + i + 4, c);
    pairs::Store(target + i + 6, d);
  }
  for (; i < n; ++i) target[i] = source[i];
}

/// By how many bits 16-bit samples can be shifted left; largest: their largest absolute value, 1 to 32767.
int ShiftFor(uint32_t largest) { return CountLeadingZeros(largest) - 17; }

/// The same for windowed sound that contains -32768, whose absolute value is not an int16: kMicrofrontend ignores it;
/// kSignal takes it for the largest so far, but as a negative number, so that any later value is larger.
int ShiftForLowest(const int16_t* samples, const int16_t* window, size_t n, FrontendVariant variant) {
  int32_t largest = 0;
  for (size_t i = 0; i < n; ++i) {
    const int32_t value = (samples[i] * window[i]) >> kWindowBits;
    if (value == INT16_MIN) {
      if (variant == FrontendVariant::kSignal) largest = INT16_MIN;
    } else if (value > largest) {
      largest = value;
    } else if (-value > largest) {
      largest = -value;
    }
  }
  if (largest > 0) return ShiftFor(static_cast<uint32_t>(largest));
  return variant == FrontendVariant::kSignal ? 0 : 15;
}

}  // namespace

Status Frontend::Configure(const FrontendConfig& config) {
  if (config.sample_rate_hz > kMaxFrontendRateHz) return Status::kBadArgument;
  const uint32_t n_window = config.window_ms * config.sample_rate_hz / 1000;
  const uint32_t n_stride = config.stride_ms * config.sample_rate_hz / 1000;
  if (n_window < kMinFrontendWindow || n_window > kMaxFrontendWindow) return Status::kBadArgument;
  if (n_stride < 1 || n_stride > n_window) return Status::kBadArgument;
  if (config.n_channels < 1 || config.n_channels > kMaxFrontendChannels) return Status::kBadArgument;
  if (config.n_coefficients > config.n_channels || config.n_coefficients > kMaxFrontendCoefficients) {
    return Status::kBadArgument;
  }
  if (config.variant > FrontendVariant::kMicrofrontend) return Status::kBadArgument;
  if (config.lower_band_hz >= config.upper_band_hz) return Status::kBadArgument;
  if (config.upper_band_hz * 2u > config.sample_rate_hz) return Status::kBadArgument;
  int fft_bits = kMinFftBits;
  while (1u << fft_bits < n_window) ++fft_bits;

  MelFilters filters;
  const Status status = FillFilters(config, fft_bits, &filters);
  if (status != Status::kOk) return status;
  filters_ = filters;
  FillGain(kNoiseBits - (fft_bits - 6), &gain_);
  FillCepstrum(config.n_channels, config.n_coefficients, &cepstrum_);
  FillWindow(n_window, config.variant, window_);
  n_window_ = static_cast<uint16_t>(n_window);
  n_stride_ = static_cast<uint16_t>(n_stride);
  n_channels_ = config.n_channels;
  n_coefficients_ = config.n_coefficients;
  fft_bits_ = static_cast<uint8_t>(fft_bits);
  variant_ = config.variant;
  Reset();
  return Status::kOk;
}

void Frontend::Reset() {
  n_held_ = 0;
  for (int16_t& sample : samples_) sample = 0;
  for (uint32_t& noise : noise_) noise = 0;
  for (uint16_t& feature : raw_) feature = 0;
}

size_t Frontend::Take(const int16_t* samples, size_t n, bool* is_stride_complete) {
  *is_stride_complete = false;
  const size_t n_wanted = static_cast<size_t>(n_window_ - n_held_);
  const size_t n_taken = n < n_wanted || n_window_ == 0 ? n : n_wanted;
  if (n_window_ == 0) return n_taken;
  MoveSamples(samples, n_taken, samples_ + n_held_);
  n_held_ = static_cast<uint16_t>(n_held_ + n_taken);
  if (n_held_ == n_window_) {
    CompleteStride();
    *is_stride_complete = true;
  }
  return n_taken;
}

void Frontend::CompleteStride() {
  const size_t n_complex = size_t{1} << (fft_bits_ - 1);
  const uint32_t bits = WindowSamples(samples_, window_, n_window_, n_complex, spectrum_);
  const bool has_lowest = bits >> 15 != 0;
  int shift = 0;
  if (has_lowest) {
    shift = ShiftForLowest(samples_, window_, n_window_, variant_);
    ShiftSamples(spectrum_, n_complex, shift);  // modulo 2^16, as TFLM's; without it, the FFT shifts as it starts
  } else if (bits != 0) {
    shift = ShiftFor(bits);
  }
  TransformToEnergies(spectrum_, n_complex, has_lowest ? 0 : shift, filters_.first_bin, filters_.end_bin);
  EnergiesToFeatures(spectrum_, filters_, n_coefficients_ == 0 ? &gain_ : nullptr, n_channels_, fft_bits_, shift,
                     noise_, raw_);
  n_held_ = static_cast<uint16_t>(n_window_ - n_stride_);
  MoveSamples(samples_ + n_stride_, n_held_, samples_);
}

void Frontend::Features(int8_t* features) const {
  if (n_coefficients_ != 0) return LogarithmsToCepstrum(raw_, n_channels_, cepstrum_, n_coefficients_, features);
  for (size_t i = 0; i < n_channels_; ++i) features[i] = QuantizedFeature(raw_[i]);
}

}  // namespace tinyhost
