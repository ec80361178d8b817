#pragma once

// Elementary functions for tables: C++ that a compiler can evaluate, with basic arithmetic only, so that they give the
// same results everywhere. Relative errors are below 1e-12.

#include <array>
#include <cstddef>
#include <cstdint>

namespace tinyhost::elementary {

constexpr double kPi = 3.14159265358979323846;
constexpr double kLn2 = 0.69314718055994530942;

/// Coefficients 1, -1/3!, 1/5!, ... of the sine, by Taylor.
template <int n>
constexpr std::array<double, n> SineCoefficients() {
  std::array<double, n> result{1};
  for (int i = 1; i < n; ++i) result[i] = -result[i - 1] / (2 * i * (2 * i + 1));
  return result;
}

/// 1, 1/3, 1/5, ... of the inverse hyperbolic tangent.
template <int n>
constexpr std::array<double, n> ArtanhCoefficients() {
  std::array<double, n> result{};
  for (int i = 0; i < n; ++i) result[i] = 1.0 / (2 * i + 1);
  return result;
}

/// 1, -1, 1/2!, -1/3!, ... of e^-x.
template <int n>
constexpr std::array<double, n> ExponentialCoefficients() {
  std::array<double, n> result{1};
  for (int i = 1; i < n; ++i) result[i] = -result[i - 1] / i;
  return result;
}

/// Horner's rule, without divisions, which are expensive without hardware for double precision.
template <size_t n>
constexpr double Polynomial(const std::array<double, n>& coefficients, double x) {
  double sum = coefficients[n - 1];
  for (size_t i = n - 1; i-- > 0;) sum = sum * x + coefficients[i];
  return sum;
}

constexpr auto kSineCoefficients = SineCoefficients<11>();
constexpr auto kArtanhCoefficients = ArtanhCoefficients<10>();
constexpr auto kExponentialCoefficients = ExponentialCoefficients<15>();

/// Sine for |x| <= pi / 2.
constexpr double SineOfSmall(double x) { return x * Polynomial(kSineCoefficients, x * x); }

/// Cosine for x in [0, 2 pi].
constexpr double Cosine(double x) { return x <= kPi ? SineOfSmall(kPi / 2 - x) : SineOfSmall(x - kPi * 3 / 2); }

/// Natural logarithm of x >= 1: powers of two, then 2 artanh((m - 1) / (m + 1)).
constexpr double Logarithm(double x) {
  int exponent = 0;
  for (; x > 1.5; x *= 0.5) ++exponent;
  const double y = (x - 1) / (x + 1);
  return 2 * y * Polynomial(kArtanhCoefficients, y * y) + exponent * kLn2;
}

/// e^-x for x >= 0.
constexpr double ExponentialOfMinus(double x) {
  double scale = 1;
  for (; x > kLn2; x -= kLn2) scale *= 0.5;
  return Polynomial(kExponentialCoefficients, x) * scale;
}

/// x rounded down, for |x| < 2^31.
constexpr int32_t Floor(double x) {
  const int32_t truncated = static_cast<int32_t>(x);
  return truncated - (truncated > x ? 1 : 0);
}

}  // namespace tinyhost::elementary
