#include "fft.h"

#include <array>

#include "elementary.h"
#include "pairs.h"

namespace tinyhost {
namespace {

using pairs::Pair;

constexpr size_t kMaxComplex = 256;

// kissfft's fixed point: a fraction times 32767, and products (a * b + 2^14) >> 15.
constexpr int32_t kOne = 32767;
constexpr uint32_t kHalf = 1 << 14;

/// The pair of e^(-i phase), phase in [0, 2 pi].
constexpr Pair Twiddle(double phase) {
  using elementary::Cosine;
  using elementary::Floor;
  using elementary::kPi;
  // -sin(p) = cos(p + pi / 2)
  const double quarter_on = phase + kPi / 2;
  const double minus_sine = Cosine(quarter_on > 2 * kPi ? quarter_on - 2 * kPi : quarter_on);
  return pairs::Make(Floor(0.5 + kOne * Cosine(phase)), Floor(0.5 + kOne * minus_sine));
}

/// For each k of a radix-4 stage that combines transforms of m into one of 4 m: the twiddle factors of k, 2 k and 3 k
/// steps.
template <int m>
constexpr std::array<Pair, 3 * m> StageTwiddles() {
  std::array<Pair, 3 * m> twiddles{};
  for (int k = 0; k < m; ++k) {
    for (int i = 0; i < 3; ++i) twiddles[3 * k + i] = Twiddle(2 * elementary::kPi * (i + 1) * k / (4 * m));
  }
  return twiddles;
}

/// For k = 1 to 128, the factors that separate the even samples' spectrum from the odd ones' in a transform of 512.
constexpr std::array<Pair, kMaxComplex / 2> RealTwiddles() {
  std::array<Pair, kMaxComplex / 2> twiddles{};
  for (size_t k = 1; k <= kMaxComplex / 2; ++k) {
    twiddles[k - 1] = Twiddle(elementary::kPi * (static_cast<double>(k) / kMaxComplex + 0.5));
  }
  return twiddles;
}

constexpr std::array<Pair, kMaxComplex / 2> kRealTwiddles = RealTwiddles();

/// Both halves times factor / 2^15, rounded; the factor is given doubled.
inline Pair Scaled(Pair x, uint32_t doubled_factor) {
  const uint32_t low = pairs::AddProductLow(x, doubled_factor, 2 * kHalf);
  const uint32_t high = pairs::AddProductHigh(x, doubled_factor, 2 * kHalf);
  return pairs::PackShiftedAndTop<16>(low, high);
}

/// The same for samples that must still be shifted left; factor: times 4, and shifted.
inline Pair ScaledSamples(Pair x, uint32_t factor) {
  const uint32_t low = pairs::AddWideProductLow(factor, x, 1);
  const uint32_t high = pairs::AddWideProductHigh(factor, x, 1);
  return pairs::PackAndShifted<15>(static_cast<uint32_t>(static_cast<int32_t>(low) >> 1), high);
}

/// The complex product.
inline Pair Turned(Pair x, Pair twiddle) {
  const uint32_t real = pairs::AddProductReal(x, twiddle, kHalf);
  const uint32_t imaginary = pairs::AddProductImaginary(x, twiddle, kHalf);
  return pairs::PackShiftedAndTop<15>(real, imaginary << 1);
}

/// A transform of four, of values that are already scaled and rotated, into x[0], x[m], x[2 m], x[3 m].
template <int m>
inline void TransformFour(Pair* x, Pair a, Pair b, Pair c, Pair d) {
  const Pair even = pairs::Add(a, c), even_rest = pairs::Subtract(a, c);
  const Pair odd = pairs::Add(b, d), odd_rest = pairs::Subtract(b, d);
  x[0] = pairs::Add(even, odd);
  x[m] = pairs::SubtractTurned(even_rest, odd_rest);
  x[2 * m] = pairs::Subtract(even, odd);
  x[3 * m] = pairs::AddTurned(even_rest, odd_rest);
}

constexpr uint32_t kQuarter = 2 * (kOne / 4);

template <int m>
void Stage(Pair* spectrum, size_t n_complex) {
  static constexpr std::array<Pair, 3 * m> kTwiddles = StageTwiddles<m>();
  const Pair* const end = spectrum + n_complex;
  for (Pair* x = spectrum; x < end; x += 4 * m) {
    // A rotation by zero changes nothing: (x * 32767 + 2^14) >> 15 is x for |x| <= 2^14, and a quarter is less.
    TransformFour<m>(x, Scaled(x[0], kQuarter), Scaled(x[m], kQuarter), Scaled(x[2 * m], kQuarter),
                     Scaled(x[3 * m], kQuarter));
  }
  const Pair* twiddles = kTwiddles.data() + 3;
  for (Pair* first = spectrum + 1; first < spectrum + m; ++first, twiddles += 3) {
    const Pair once = twiddles[0], twice = twiddles[1], thrice = twiddles[2];
    for (Pair* x = first; x < end; x += 4 * m) {
      TransformFour<m>(x, Scaled(x[0], kQuarter), Turned(Scaled(x[m], kQuarter), once),
                       Turned(Scaled(x[2 * m], kQuarter), twice), Turned(Scaled(x[3 * m], kQuarter), thrice));
    }
  }
}

void FirstStageOfFour(Pair* spectrum, size_t n_complex, int shift) {
  const uint32_t factor = static_cast<uint32_t>(kOne / 4) << (shift + 2);
  for (Pair *x = spectrum, *end = spectrum + n_complex; x < end; x += 4) {
    TransformFour<1>(x, ScaledSamples(x[0], factor), ScaledSamples(x[1], factor), ScaledSamples(x[2], factor),
                     ScaledSamples(x[3], factor));
  }
}

void FirstStageOfTwo(Pair* spectrum, size_t n_complex, int shift) {
  const uint32_t factor = static_cast<uint32_t>(kOne / 2) << (shift + 2);
  for (Pair *x = spectrum, *end = spectrum + n_complex; x < end; x += 2) {
    const Pair a = ScaledSamples(x[0], factor), b = ScaledSamples(x[1], factor);
    x[0] = pairs::Add(a, b);
    x[1] = pairs::Subtract(a, b);
  }
}

/// Where the first of four neighbours goes: the base-4 digits of its number in reverse order, with a last binary digit
/// in place.
inline size_t Reversed(size_t quad, size_t n_complex) {
  const size_t digits = (quad & 3) << 4 | (quad & 12) | quad >> 4;  // of 64
  if (n_complex == 256) return digits;
  return n_complex == 128 ? (digits & ~size_t{3}) >> 1 | (digits & 3) : digits >> 2;
}

inline Pair Windowed(const int16_t* samples, const int16_t* window) {
  return pairs::ProductsShifted<kWindowBits>(pairs::Load(samples), pairs::Load(window));
}

/// Energies of the bins k and n - k of a real transform, computed from two bins of a complex one (kiss_fftr).
inline void Separate(Pair* spectrum, size_t k, size_t n_complex, Pair twiddle) {
  constexpr uint32_t kHalved = 2 * (kOne / 2);
  const Pair a = spectrum[k], b = spectrum[n_complex - k];
  const Pair low = Scaled(a, kHalved);
  const uint32_t real = pairs::AddProductLow(b, kHalved, 2 * kHalf);
  const uint32_t imaginary = pairs::AddProductHigh(b, static_cast<uint32_t>(-static_cast<int32_t>(kHalved)), 2 * kHalf);
  const Pair high = pairs::PackShiftedAndTop<16>(real, imaginary);
  const Pair even = pairs::Add(low, high);
  const Pair odd = Turned(pairs::Subtract(low, high), twiddle);
  const Pair at_k = pairs::HalfOfSum(even, odd);
  const Pair at_n_k = pairs::PackAndShifted<0>(pairs::HalfOfDifference(even, odd), pairs::HalfOfDifference(odd, even));
  spectrum[k] = pairs::SumOfProducts(at_k, at_k);
  spectrum[n_complex - k] = pairs::SumOfProducts(at_n_k, at_n_k);
}

}  // namespace

uint32_t WindowSamples(const int16_t* samples, const int16_t* window, size_t n_samples, size_t n_complex,
                       uint32_t* spectrum) {
  const size_t step = n_complex / 4;
  const size_t n_quads = (n_samples + 7) / 8;
  Pair bits = 0;
  for (size_t quad = 0; quad < n_quads; ++quad, samples += 8, window += 8) {
    Pair* const target = spectrum + Reversed(quad, n_complex);
    const Pair a = Windowed(samples, window), b = Windowed(samples + 2, window + 2);
    target[0] = a;
    target[step] = b;
    bits |= pairs::Absolute(a) | pairs::Absolute(b);
    const Pair c = Windowed(samples + 4, window + 4), d = Windowed(samples + 6, window + 6);
    target[2 * step] = c;
    target[3 * step] = d;
    bits |= pairs::Absolute(c) | pairs::Absolute(d);
  }
  for (size_t quad = n_quads; quad < n_complex / 4; ++quad) {
    Pair* const target = spectrum + Reversed(quad, n_complex);
    for (size_t i = 0; i < 4; ++i) target[i * step] = 0;
  }
  return (bits | bits >> 16) & 0xFFFF;
}

void ShiftSamples(uint32_t* spectrum, size_t n_complex, int shift) {
  for (size_t i = 0; i < n_complex; ++i) {
    const Pair pair = spectrum[i];
    spectrum[i] = ((pair << shift) & 0xFFFF) | ((pair >> 16) << shift) << 16;
  }
}

void TransformToEnergies(uint32_t* spectrum, size_t n_complex, int shift, size_t first, size_t end) {
  if (n_complex == 128) {
    FirstStageOfTwo(spectrum, n_complex, shift);
    Stage<2>(spectrum, n_complex);
    Stage<8>(spectrum, n_complex);
    Stage<32>(spectrum, n_complex);
  } else {
    FirstStageOfFour(spectrum, n_complex, shift);
    Stage<4>(spectrum, n_complex);
    Stage<16>(spectrum, n_complex);
    if (n_complex == 256) Stage<64>(spectrum, n_complex);
  }
  const size_t mirrored = n_complex - end + 1;  // the bin whose mirror is the last wanted one
  const size_t step = kMaxComplex / n_complex;
  for (size_t k = first < mirrored ? first : mirrored; k <= n_complex / 2; ++k) {
    Separate(spectrum, k, n_complex, kRealTwiddles[k * step - 1]);
  }
}

}  // namespace tinyhost
