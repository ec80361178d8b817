#include "tables.h"

#include <cmath>
#include <cstring>

#include "elementary.h"
#include "pairs.h"

#ifdef __FAST_MATH__
#error "the frontend's tables need every rounding of IEEE 754"
#endif

namespace tinyhost {
namespace {

using elementary::Floor;

/// A float that is rounded after each operation, even if the compiler may contract operations or keep results in wider
/// registers: TFLM's tables depend on every rounding.
class Single {
 public:
  constexpr explicit Single(float value) : value_(value) {}
  float value() const { return value_; }
  uint32_t bits() const {
    uint32_t bits;
    std::memcpy(&bits, &value_, sizeof(bits));
    return bits;
  }
  static Single OfBits(uint32_t bits) {
    float value;
    std::memcpy(&value, &bits, sizeof(value));
    return Single(value);
  }

  friend Single operator+(Single a, Single b) { return Rounded(a.value_ + b.value_); }
  friend Single operator-(Single a, Single b) { return Rounded(a.value_ - b.value_); }
  friend Single operator*(Single a, Single b) { return Rounded(a.value_ * b.value_); }
  friend Single operator/(Single a, Single b) { return Rounded(a.value_ / b.value_); }
  friend bool operator<=(Single a, Single b) { return a.value_ <= b.value_; }

 private:
  static Single Rounded(float value) {
    volatile float rounded = value;
    return Single(rounded);
  }
  float value_;
};

Single Of(uint32_t value) { return Single(static_cast<float>(value)); }
Single OfDouble(double value) {
  volatile float rounded = static_cast<float>(value);
  return Single(rounded);
}

const Single kOne(1.0f);
const Single kHalf(0.5f);

/// ln(1 + f) - f for a small f: fdlibm's polynomial.
Single LogarithmRest(Single f, Single half_square) {
  constexpr uint32_t kCoefficients[] = {0x3E178897, 0x3E1CD04F, 0x3E3A3325, 0x3E638E29,
                                        0x3E924925, 0x3ECCCCCD, 0x3F2AAAAB};
  const Single s = f / (Single(2.0f) + f);
  const Single z = s * s;
  Single polynomial = Single::OfBits(kCoefficients[0]);
  for (int i = 1; i < 7; ++i) polynomial = Single::OfBits(kCoefficients[i]) + z * polynomial;
  return s * (half_square + z * polynomial);
}

/// ln(1 + x) for a normal x > 2^-14, rounded like fdlibm's log1pf (Sun Microsystems, s_log1pf.c) and so like the C
/// libraries with which TFLM's tables were made; a correctly rounded logarithm would change weights by 1.
Single LogarithmOfOnePlus(Single x) {
  if (x.bits() < 0x3ED413D7) {  // below sqrt(2) - 1
    const Single half_square = kHalf * x * x;
    return x - (half_square - LogarithmRest(x, half_square));
  }
  const Single sum = kOne + x;
  int exponent = static_cast<int>(sum.bits() >> 23) - 127;
  const Single lost = (exponent > 0 ? kOne - (sum - x) : x - (sum - kOne)) / sum;
  uint32_t mantissa = sum.bits() & 0x7FFFFF;
  Single f = Single::OfBits(mantissa | 0x3F800000) - kOne;
  if (mantissa >= 0x3504F7) {  // above sqrt(2): from the next power of two
    ++exponent;
    f = Single::OfBits(mantissa | 0x3F000000) - kOne;
  }
  const Single power = Single(static_cast<float>(exponent));
  const Single high = power * Single::OfBits(0x3F317180);  // ln 2 in two parts
  const Single low = power * Single::OfBits(0x3717F7D1) + lost;
  if (mantissa == 0) return high + (lost + power * Single::OfBits(0x3717F7D1));
  const Single half_square = kHalf * f * f;
  return high - ((half_square - (LogarithmRest(f, half_square) + low)) - f);
}

Single Mel(Single frequency_hz) { return Single(1127.0f) * LogarithmOfOnePlus(frequency_hz / Single(700.0f)); }

uint32_t QuantizedWeight(Single weight, FrontendVariant variant) {
  const Single scaled = weight * Single(4096.0f);
  const bool is_rounded_down = variant == FrontendVariant::kSignal;
  return static_cast<uint32_t>(Floor((is_rounded_down ? scaled : scaled + kHalf).value()));
}

/// 2^21 * (noise + 80)^-0.95, saturated: PCAN's gain, with TFLM's constants.
int32_t GainAt(uint32_t noise, int input_bits) {
  const Single base = Of(noise) / Of(1u << input_bits) + Single(80.0f);
  constexpr float kStrength = 0.95f;
  const double power = elementary::ExponentialOfMinus(kStrength * elementary::Logarithm(base.value()));
  const Single gain = Of(1u << 21) * OfDouble(power);
  return gain.value() > 32767.0f ? 32767 : Floor((gain + kHalf).value());
}

}  // namespace

void FillWindow(size_t n_window, FrontendVariant variant, int16_t* window) {
  using elementary::Cosine;
  using elementary::kPi;
  const Single step = Single(static_cast<float>(kPi)) * Single(2.0f) / Of(static_cast<uint32_t>(n_window));
  for (size_t i = 0; i < kMaxFrontendWindow; ++i) {
    if (i >= n_window) {
      window[i] = 0;
    } else if (variant == FrontendVariant::kSignal) {
      const double cosine = Cosine(2 * kPi * (static_cast<double>(i) + 0.5) / static_cast<double>(n_window));
      window[i] = static_cast<int16_t>(Floor((0.5 - 0.5 * cosine) * 4096 + 0.5));
    } else {
      const Single phase = step * (Of(static_cast<uint32_t>(i)) + kHalf);
      const Single value = kHalf - kHalf * OfDouble(Cosine(phase.value()));
      window[i] = static_cast<int16_t>(Floor((value * Single(4096.0f) + kHalf).value()));
    }
  }
}

Status FillFilters(const FrontendConfig& config, int fft_bits, MelFilters* filters) {
  const uint32_t n_bins = 1u << (fft_bits - 1);
  const Single hz_per_bin = kHalf * Of(config.sample_rate_hz) / Of(n_bins);
  const Single lower = Mel(Of(config.lower_band_hz)), upper = Mel(Of(config.upper_band_hz));
  const Single spacing = (upper - lower) / Of(config.n_channels + 1u);

  filters->first_bin = static_cast<uint16_t>((Single(1.5f) + Of(config.lower_band_hz) / hz_per_bin).value());
  uint32_t bin = filters->first_bin;
  uint32_t* weights = filters->weights;
  Single centre = lower;
  for (uint32_t channel = 0; channel <= config.n_channels; ++channel) {
    const Single before = centre;
    centre = lower + spacing * Of(channel + 1);
    const uint32_t start = bin;
    for (; bin <= n_bins; ++bin) {
      const Single mel = Mel(Of(bin) * hz_per_bin);
      if (!(mel <= centre)) break;
      if (bin == n_bins) return Status::kBadArgument;
      const Single rising = (centre - mel) / (centre - before);
      *weights++ = QuantizedWeight(rising, config.variant) | QuantizedWeight(kOne - rising, config.variant) << 16;
    }
    filters->n_bins[channel] = static_cast<uint8_t>(bin - start);
  }
  if (bin > n_bins) return Status::kBadArgument;  // the first one is already beyond the spectrum
  filters->end_bin = static_cast<uint16_t>(bin);
  return Status::kOk;
}

void FillGain(int input_bits, GainCurve* gain) {
  gain->at_0 = static_cast<int16_t>(GainAt(0, input_bits));
  gain->at_1 = static_cast<int16_t>(GainAt(1, input_bits));
  constexpr int kSegments = sizeof(gain->segments) / sizeof(gain->segments[0]);
  for (int i = 0; i < kSegments; ++i) {
    const uint32_t start = 2u << i;
    const uint32_t end = i == kSegments - 1 ? UINT32_MAX : 2 * start;
    const int32_t value = GainAt(start, input_bits);
    const int32_t to_middle = GainAt(start + start / 2, input_bits) - value;
    const int32_t to_end = GainAt(end, input_bits) - value;
    const int32_t slope = 4 * to_middle - to_end;
    gain->segments[i] = {static_cast<int16_t>(value), static_cast<int16_t>(slope),
                         static_cast<int16_t>(to_end - slope)};
  }
}

void FillCepstrum(size_t n_channels, size_t n_coefficients, CepstrumTable* table) {
  using elementary::Cosine;
  using elementary::kPi;
  const double n = static_cast<double>(n_channels);
  for (size_t i = 0; i <= 2 * n_channels; ++i) {
    const double cosine = Cosine(kPi / 2 * static_cast<double>(i) / n);
    table->cosines[i] = static_cast<int16_t>(Floor(cosine * (1 << kCosineBits) + 0.5));
  }
  // HTK book, equations 5.11 and 5.12, with its default L = 22; half a neper is a step.
  const float unit = std::sqrt(2.0f / static_cast<float>(n_channels)) * (1 << (33 - kCosineBits - kLogarithmBits));
  for (size_t k = 0; k < n_coefficients; ++k) {
    const double quarter = kPi / 2 - kPi / 22 * static_cast<double>(k);
    table->gains[k] = Floor(unit * (1 + 11 * Cosine(quarter < 0 ? -quarter : quarter)) + 0.5);
  }
}

}  // namespace tinyhost
