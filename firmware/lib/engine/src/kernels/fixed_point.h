#pragma once

#include <cstdint>

#include "hot.h"

namespace tinyhost {

/// Fixed-point arithmetic as gemmlowp's fixedpoint.h and TFLM's common.cc define it; every rounding counts.
/// Additions and left shifts wrap, as TFLM's do in practice.

inline int32_t WrappingAdd(int32_t a, int32_t b) {
  return static_cast<int32_t>(static_cast<uint32_t>(a) + static_cast<uint32_t>(b));
}

inline int32_t WrappingSubtract(int32_t a, int32_t b) {
  return static_cast<int32_t>(static_cast<uint32_t>(a) - static_cast<uint32_t>(b));
}

inline int32_t WrappingShiftLeft(int32_t x, int bits) { return static_cast<int32_t>(static_cast<uint32_t>(x) << bits); }

/// a * b / 2^31, halves rounded up. Equals gemmlowp's SaturatingRoundingDoublingHighMul unless a and b are both
/// INT32_MIN.
inline int32_t RoundingDoublingHighMul(int32_t a, int32_t b) {
  return static_cast<int32_t>((static_cast<int64_t>(a) * b + (int64_t{1} << 30)) >> 31);
}

/// x / 2^exponent, halves rounded away from zero; exponent 0..31.
inline int32_t RoundingDivideByPowerOfTwo(int32_t x, int exponent) {
  const uint32_t mask = (uint32_t{1} << exponent) - 1;
  const uint32_t remainder = static_cast<uint32_t>(x) & mask;
  const uint32_t threshold = (mask >> 1) + (x < 0 ? 1 : 0);
  return (x >> exponent) + (remainder > threshold ? 1 : 0);
}

/// x * multiplier / 2^31 / 2^right, rounded twice; right 0..31.
inline int32_t MultiplyAndShiftRight(int32_t x, int32_t multiplier, int right) {
  return RoundingDivideByPowerOfTwo(RoundingDoublingHighMul(x, multiplier), right);
}

/// TFLM's MultiplyByQuantizedMultiplier: x * multiplier / 2^31 * 2^shift, rounded twice; shift -31..30.
inline int32_t MultiplyByQuantizedMultiplier(int32_t x, int32_t multiplier, int shift) {
  const int left = shift > 0 ? shift : 0;
  const int right = shift > 0 ? 0 : -shift;
  return MultiplyAndShiftRight(WrappingShiftLeft(x, left), multiplier, right);
}

/// The same as a function, for kernels that few models run: small rather than fast.
int32_t Rescaled(int32_t x, int32_t multiplier, int shift);

inline int32_t Clamp(int32_t x, int32_t low, int32_t high) { return x < low ? low : (x > high ? high : x); }

/// 1 / (1 + a) for a in [0, 1), both Q31: gemmlowp's Newton-Raphson of three steps.
int32_t OneOverOnePlus(int32_t a);

/// A Q31 multiplier and a power of two, as MultiplyByQuantizedMultiplier takes them.
struct QuantizedMultiplier {
  int32_t multiplier;
  int shift;
};

/// 1 / sqrt(x) for x >= 0, where 0 counts as 1: TFLM's GetInvSqrtQuantizedMultiplierExp, five steps of Newton-Raphson.
QuantizedMultiplier InverseSquareRoot(int32_t x);

}  // namespace tinyhost
