#include "fixed_point.h"

#include "core/portable.h"

namespace tinyhost {

namespace {

/// x * 4, saturated: from Q4.27 to Q2.29.
int32_t RescaleQ4ToQ2(int32_t x) {
  const int32_t threshold = (1 << 29) - 1;
  if (x > threshold) return INT32_MAX;
  if (x < -threshold) return INT32_MIN;
  return WrappingShiftLeft(x, 2);
}

/// x * 8, saturated: a Q6.25 or Q9.22 with three integer bits fewer.
int32_t SaturatingTimes8(int32_t x) {
  const int32_t threshold = (1 << 28) - 1;
  if (x > threshold) return INT32_MAX;
  if (x < -threshold) return INT32_MIN;
  return WrappingShiftLeft(x, 3);
}

/// x * 2, saturated.
int32_t SaturatingDouble(int32_t x) {
  const int32_t threshold = (1 << 30) - 1;
  if (x > threshold) return INT32_MAX;
  if (x < -threshold) return INT32_MIN;
  return WrappingShiftLeft(x, 1);
}

}  // namespace

TINYHOST_COLD int32_t Rescaled(int32_t x, int32_t multiplier, int shift) {
  return MultiplyByQuantizedMultiplier(x, multiplier, shift);
}

TINYHOST_COLD int32_t OneOverOnePlus(int32_t a) {
  constexpr int32_t k48Over17 = 1515870810;        // Q2.29
  constexpr int32_t kMinus32Over17 = -1010580540;  // Q2.29
  constexpr int32_t kOneQ2 = 1 << 29;
  const int64_t sum = static_cast<int64_t>(a) + INT32_MAX;
  const int32_t half_denominator = static_cast<int32_t>((sum + (sum >= 0 ? 1 : -1)) / 2);
  int32_t x = WrappingAdd(k48Over17, RoundingDoublingHighMul(half_denominator, kMinus32Over17));
  for (int i = 0; i < 3; ++i) {
    const int32_t product = RoundingDoublingHighMul(half_denominator, x);
    const int32_t error = WrappingAdd(kOneQ2, static_cast<int32_t>(0u - static_cast<uint32_t>(product)));
    x = WrappingAdd(x, RescaleQ4ToQ2(RoundingDoublingHighMul(x, error)));
  }
  // x / 2 in Q1.30 has x's raw value; to Q0.31 it doubles.
  return SaturatingDouble(x);
}

TINYHOST_COLD QuantizedMultiplier InverseSquareRoot(int32_t x) {
  if (x <= 1) return {INT32_MAX, 0};
  int right_shift = 11;
  for (; x >= 1 << 29; x /= 4) ++right_shift;
  const int pairs = (CountLeadingZeros(static_cast<uint32_t>(x)) - 1) / 2 - 1;
  right_shift -= pairs;
  const int32_t input = (x << 2 * pairs) >> 1;  // Q3.28, in 0.25..1
  const int32_t half_input = RoundingDivideByPowerOfTwo(input, 1);
  constexpr int32_t kThreeHalves = (1 << 28) + (1 << 27), kHalfRoot2 = 1518500250;
  int32_t y = 1 << 28;
  for (int i = 0; i < 5; ++i) {
    // A product of two Q3.28 is a Q6.25, one of three a Q9.22.
    const int32_t y2 = RoundingDoublingHighMul(y, y);
    const int32_t y3 = SaturatingTimes8(SaturatingTimes8(RoundingDoublingHighMul(y2, y)));
    const int32_t product = RoundingDoublingHighMul(kThreeHalves, y), error = RoundingDoublingHighMul(half_input, y3);
    y = SaturatingTimes8(product - error);
  }
  y = RoundingDoublingHighMul(y, kHalfRoot2);
  if (right_shift < 0) return {WrappingShiftLeft(y, -right_shift), 0};
  return {y, -right_shift};
}

}  // namespace tinyhost
