#include "fft.h"

#include <utility>

#if defined(__OPTIMIZE_SIZE__) && defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("O2")
#endif

namespace tinyhost {

namespace {

constexpr double kPi = 3.14159265358979323846;

/// sin(x) for 0 <= x <= pi / 4, to a double's precision: Taylor's series.
constexpr double Sine(double x) {
  double term = x;
  double sum = x;
  for (int n = 3; n < 22; n += 2) {
    term *= -x * x / (n * (n - 1));
    sum += term;
  }
  return sum;
}

constexpr double Cosine(double x) {
  double term = 1.0;
  double sum = 1.0;
  for (int n = 2; n < 22; n += 2) {
    term *= -x * x / (n * (n - 1));
    sum += term;
  }
  return sum;
}

constexpr int32_t Q30(double x) { return static_cast<int32_t>(x * (1 << kTwiddleBits) + (x < 0 ? -0.5 : 0.5)); }

/// By symmetry from the first eighth of the circle.
constexpr Twiddle PointAt(size_t k) {
  constexpr size_t kQuarter = kMaxFftPoints / 4;
  if (k > kQuarter) {
    const Twiddle mirrored = PointAt(2 * kQuarter - k);
    return {-mirrored.cosine, mirrored.sine};
  }
  const bool second_half = k > kQuarter / 2;
  const double angle = 2.0 * kPi * static_cast<double>(second_half ? kQuarter - k : k) / kMaxFftPoints;
  const Twiddle point{Q30(Cosine(angle)), Q30(Sine(angle))};
  return second_half ? Twiddle{point.sine, point.cosine} : point;
}

constexpr std::array<Twiddle, kMaxFftPoints / 2> MakeCircle() {
  std::array<Twiddle, kMaxFftPoints / 2> circle{};
  for (size_t k = 0; k < circle.size(); ++k) circle[k] = PointAt(k);
  return circle;
}

struct Complex {
  int32_t re;
  int32_t im;
};

/// z * (cosine - i sine), rounded.
inline Complex RotateBack(const Complex& z, const Twiddle& w) {
  constexpr int64_t kHalf = int64_t{1} << (kTwiddleBits - 1);
  const int64_t re = static_cast<int64_t>(z.re) * w.cosine + static_cast<int64_t>(z.im) * w.sine;
  const int64_t im = static_cast<int64_t>(z.im) * w.cosine - static_cast<int64_t>(z.re) * w.sine;
  return {static_cast<int32_t>((re + kHalf) >> kTwiddleBits), static_cast<int32_t>((im + kHalf) >> kTwiddleBits)};
}

void ReverseBits(Complex* z, size_t n) {
  for (size_t i = 1, j = 0; i < n; ++i) {
    size_t bit = n >> 1;
    for (; (j & bit) != 0; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) std::swap(z[i], z[j]);
  }
}

/// Radix 2, decimation in time (Cooley and Tukey, 1965).
void ComplexFft(Complex* z, size_t n) {
  ReverseBits(z, n);
  for (size_t half = 1; half < n; half *= 2) {
    const size_t step = kMaxFftPoints / (2 * half);
    for (size_t j = 0; j < half; ++j) {
      const Twiddle w = kCircle[j * step];
      for (size_t i = j; i < n; i += 2 * half) {
        const Complex a = z[i];
        const Complex b = j == 0 ? z[i + half] : RotateBack(z[i + half], w);
        z[i] = {a.re + b.re, a.im + b.im};
        z[i + half] = {a.re - b.re, a.im - b.im};
      }
    }
  }
}

}  // namespace

constexpr std::array<Twiddle, kMaxFftPoints / 2> kCircle = MakeCircle();

void RealFft(int32_t* samples, size_t n) {
  // Even samples are the real part, odd ones the imaginary part of n / 2 complex points.
  auto* z = reinterpret_cast<Complex*>(samples);
  const size_t n_points = n / 2;
  ComplexFft(z, n_points);
  for (size_t k = 1; k <= n_points / 2; ++k) {
    const Complex a = z[k];
    const Complex b = z[n_points - k];
    const Complex even{a.re + b.re, a.im - b.im};
    const Complex odd = RotateBack({a.im + b.im, b.re - a.re}, kCircle[k * (kMaxFftPoints / n)]);
    z[k] = {even.re + odd.re, even.im + odd.im};
    z[n_points - k] = {even.re - odd.re, odd.im - even.im};
  }
}

}  // namespace tinyhost
