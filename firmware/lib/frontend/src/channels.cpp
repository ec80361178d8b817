#include "channels.h"

#include <array>
#include <cassert>

#include "core/portable.h"
#include "elementary.h"
#include "pairs.h"

namespace tinyhost {
namespace {

// TFLM's micro_speech: noise estimates, in Q14, with 10 more fraction bits than the signal.
constexpr uint32_t kUnit = 1 << 14;
constexpr uint32_t kSmoothing[2] = {409, 983};  // of even and odd channels: 0.025 and 0.06
constexpr uint32_t kMinSignalRemaining = 819;   // 0.05
constexpr int kNoiseBits = 10;
constexpr int kGainBits = 21;
constexpr int kSnrBits = 12;
constexpr int kOutputBits = 6;  // after the gain

constexpr int kFloorBits = 4;  // a sine of amplitude 1 has 16 in its channel: anything smaller is rounding

constexpr int kLogarithmSegments = 128;

/// (log2(1 + x) - x) * 65536 at x = i / 128.
constexpr std::array<uint16_t, kLogarithmSegments + 1> LogarithmTable() {
  std::array<uint16_t, kLogarithmSegments + 1> table{};
  for (int i = 0; i <= kLogarithmSegments; ++i) {
    const double x = static_cast<double>(i) / kLogarithmSegments;
    table[static_cast<size_t>(i)] =
        static_cast<uint16_t>(elementary::Floor((elementary::Logarithm(1 + x) / elementary::kLn2 - x) * 65536 + 0.5));
  }
  return table;
}

constexpr std::array<uint16_t, kLogarithmSegments + 1> kLogarithmTable = LogarithmTable();

/// The square root rounded down, by Newton's method with growing precision, as in CPython's math.isqrt. x is at least
/// 2^30.
inline uint32_t SquareRootOfLarge(uint32_t x) {
  uint32_t root = 1 + (x >> 30);
  root = (root << 1) + (x >> 27) / root;
  root = (root << 3) + (x >> 21) / root;
  root = (root << 7) + (x >> 9) / root;
  return root > 0xFFFF || root * root > x ? root - 1 : root;
}

inline uint32_t RoundedSquareRootOf32(uint32_t x) {
  if (x == 0) return 0;
  const int shift = CountLeadingZeros(x) & ~1;
  const uint32_t root = SquareRootOfLarge(x << shift) >> (shift / 2);
  return x - root * root > root && root != 0xFFFF ? root + 1 : root;
}

/// x is in 2^32 .. 2^48 - 1. Takes the root of the upper 32 of 48 bits, then 8 more bits by division (Zimmermann,
/// "Karatsuba Square Root", 1999).
inline uint32_t RoundedSquareRootOf48(uint64_t x) {
  const int shift = (CountLeadingZeros(static_cast<uint32_t>(x >> 32)) & ~1) - 16;
  const uint64_t scaled = x << shift;
  const uint32_t upper = static_cast<uint32_t>(scaled >> 16);
  const uint32_t root = SquareRootOfLarge(upper);
  const uint32_t rest = (upper - root * root) << 8 | (static_cast<uint32_t>(scaled >> 8) & 0xFF);
  const uint32_t quotient = rest / (2 * root);
  uint32_t full = (root << 8) + quotient;
  const uint32_t rest_of_rest = (rest - quotient * 2 * root) << 8 | (static_cast<uint32_t>(scaled) & 0xFF);
  if (rest_of_rest < quotient * quotient) --full;
  full >>= shift / 2;
  const uint32_t remainder = static_cast<uint32_t>(x) - full * full;  // at most 2 * full, modulo 2^32
  return remainder > full ? full + 1 : full;
}

/// Removes the stationary part of the signal; returns the rest.
inline uint32_t WithoutNoise(uint32_t signal, uint32_t smoothing, uint32_t* noise) {
  const uint32_t scaled = signal << kNoiseBits;
  uint32_t estimate = static_cast<uint32_t>(
      (static_cast<uint64_t>(scaled) * smoothing + static_cast<uint64_t>(*noise) * (kUnit - smoothing)) / kUnit);
  *noise = estimate;
  if (estimate > scaled) estimate = scaled;
  const uint32_t floor = static_cast<uint32_t>(static_cast<uint64_t>(signal) * kMinSignalRemaining / kUnit);
  const uint32_t rest = (scaled - estimate) >> kNoiseBits;
  return rest > floor ? rest : floor;
}

inline uint32_t GainFor(uint32_t noise, const GainCurve& gain) {
  if (noise < 2) return static_cast<uint32_t>(static_cast<int32_t>(noise == 0 ? gain.at_0 : gain.at_1));
  const int zeros = CountLeadingZeros(noise);
  const GainCurve::Segment& segment = gain.segments[30 - zeros];
  const int32_t fraction = static_cast<int32_t>(noise << zeros >> 21 & 0x3FF);
  const int32_t change = (((segment.curve * fraction) >> 5) + segment.slope * 32) * fraction;
  return static_cast<uint32_t>(segment.value + ((change + (1 << 14)) >> 15));
}

inline uint32_t WithGain(uint32_t signal, uint32_t noise, const GainCurve& gain, int snr_shift) {
  const uint32_t snr = static_cast<uint32_t>(static_cast<uint64_t>(signal) * GainFor(noise, gain) >> snr_shift);
  if (snr < 2u << kSnrBits) return (snr * snr) >> (2 + 2 * kSnrBits - kOutputBits);
  return (snr >> (kSnrBits - kOutputBits)) - (1u << kOutputBits);
}

/// 64 * ln(x / 2^shift), 0 if that is less.
inline uint16_t LogarithmOfShifted(uint32_t x, int shift) {
  constexpr int32_t kLn2 = 2839;  // Q12, as 64 * ln in Q6
  const int32_t logarithm = ScaledLogarithm(x) - ((shift * kLn2 + 32) >> 6);
  return static_cast<uint16_t>(logarithm > 0 ? logarithm : 0);
}

}  // namespace

uint32_t RoundedSquareRoot(uint64_t x) {
  assert(x >> 48 == 0);
  return x >> 32 == 0 ? RoundedSquareRootOf32(static_cast<uint32_t>(x)) : RoundedSquareRootOf48(x);
}

uint16_t ScaledLogarithm(uint32_t x) {
  if (x <= 1) return 0;
  const int zeros = CountLeadingZeros(x);
  const uint32_t fraction = x << zeros << 1 >> 16;
  const uint16_t* const entry = kLogarithmTable.data() + (fraction >> 9);
  const int32_t rise = static_cast<int32_t>(entry[1]) - entry[0];
  const int32_t between = (rise * static_cast<int32_t>(fraction & 0x1FF)) >> 16;
  const uint32_t log2 =
      (static_cast<uint32_t>(31 - zeros) << 16) + fraction + entry[0] + static_cast<uint32_t>(between);
  constexpr uint64_t kLn2 = 45426;  // Q16
  const uint32_t natural = static_cast<uint32_t>((kLn2 * log2 + 0x8000) >> 16);
  return static_cast<uint16_t>((natural * 64 + 0x8000) >> 16);
}

void EnergiesToFeatures(const uint32_t* energies, const MelFilters& filters, const GainCurve* gain, size_t n_channels,
                        int fft_bits, int shift, uint32_t* noise, uint16_t* features) {
  const int correction_bits = fft_bits - 6;
  const int snr_shift = kGainBits - correction_bits - kSnrBits;
  const uint32_t* energy = energies + filters.first_bin;
  const uint32_t* weight = filters.weights;
  uint64_t falling = 0;
  for (size_t i = 0; i <= n_channels; ++i) {
    uint64_t sum = falling;
    falling = 0;
    for (const uint32_t* const end = energy + filters.n_bins[i]; energy < end; ++energy, ++weight) {
      const uint32_t both = *weight;
      sum += static_cast<uint64_t>(*energy) * (both & 0xFFFF);
      falling += static_cast<uint64_t>(*energy) * (both >> 16);
    }
    if (i == 0) continue;  // rises to the first channel's centre: no channel before it
    const size_t channel = i - 1;
    // The sum is below 2^48: all energies together are at most the mean square of the sound (Parseval), below 2^31.
    const uint32_t root = RoundedSquareRoot(sum);
    if (gain == nullptr) {
      features[channel] = LogarithmOfShifted(root, shift + kFloorBits);
      continue;
    }
    const uint32_t amplitude = root >> shift;
    const uint32_t signal = WithoutNoise(amplitude, kSmoothing[channel & 1], &noise[channel]);
    const uint32_t amplified = WithGain(signal, noise[channel], *gain, snr_shift);
    features[channel] = ScaledLogarithm(amplified << correction_bits);
  }
}

void LogarithmsToCepstrum(const uint16_t* logarithms, size_t n_channels, const CepstrumTable& table,
                          size_t n_coefficients, int8_t* cepstrum) {
  const int32_t half_turn = static_cast<int32_t>(2 * n_channels);
  for (size_t k = 0; k < n_coefficients; ++k) {
    const auto step = static_cast<int32_t>(2 * k);
    int32_t angle = static_cast<int32_t>(k);  // -half_turn to half_turn
    int32_t sum = 0;                          // |sum| < 64 * 900 * 2^14
    for (size_t i = 0; i < n_channels; ++i) {
      sum += logarithms[i] * table.cosines[angle < 0 ? -angle : angle];
      angle += step;
      if (angle > half_turn) angle -= 2 * half_turn;
    }
    const int64_t product = static_cast<int64_t>(sum) * table.gains[k] + (int64_t{1} << 31);
    const int32_t rounded = static_cast<int32_t>(product >> 32) + (k == 0 ? INT8_MIN : 0);
    cepstrum[k] = static_cast<int8_t>(rounded < INT8_MIN ? INT8_MIN : rounded > INT8_MAX ? INT8_MAX : rounded);
  }
}

}  // namespace tinyhost
