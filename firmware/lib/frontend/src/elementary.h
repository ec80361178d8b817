#pragma once

// Elementary functions for tables: in C++ that a compiler can run, of basic arithmetic only, so that they are the same
// everywhere. Errors are below 1e-14, relative.

namespace tinyhost::elementary {

constexpr double kPi = 3.14159265358979323846;
constexpr double kLn2 = 0.69314718055994530942;

/// Sine for |x| <= pi / 2, by its Taylor series.
constexpr double SineOfSmall(double x) {
  double term = x, sum = x;
  for (int n = 2; n < 26; n += 2) {
    term = -term * x * x / (n * (n + 1));
    sum += term;
  }
  return sum;
}

/// Cosine for x in [0, 2 pi].
constexpr double Cosine(double x) { return x <= kPi ? SineOfSmall(kPi / 2 - x) : SineOfSmall(x - kPi * 3 / 2); }

/// Natural logarithm of x >= 1: powers of two, then 2 artanh((m - 1) / (m + 1)).
constexpr double Logarithm(double x) {
  int exponent = 0;
  for (; x > 1.5; x /= 2) ++exponent;
  const double y = (x - 1) / (x + 1);
  double power = y, sum = 0;
  for (int n = 1; n < 26; n += 2) {
    sum += power / n;
    power *= y * y;
  }
  return 2 * sum + exponent * kLn2;
}

/// e^-x for x >= 0.
constexpr double ExponentialOfMinus(double x) {
  double scale = 1;
  for (; x > kLn2; x -= kLn2) scale /= 2;
  double term = 1, sum = 1;
  for (int n = 1; n < 20; ++n) {
    term *= -x / n;
    sum += term;
  }
  return sum * scale;
}

/// x rounded down, for |x| < 2^31.
constexpr int32_t Floor(double x) {
  const int32_t truncated = static_cast<int32_t>(x);
  return truncated - (truncated > x ? 1 : 0);
}

}  // namespace tinyhost::elementary
