// Exponentials and the logarithm of float32, computed in double: the C libraries of the computer and of the board round
// theirs differently.

#include "exponential.h"

#include <cstdint>
#include <cstring>
#include <limits>

namespace tinyhost {

namespace {

// The algorithm of expf in Arm's optimized routines, which is also glibc's: x / log(2) = n / 32 + r / 32, where 2^(n /
// 32) comes from a table and 2^(r / 32) is a polynomial.
constexpr int kTableBits = 5;
constexpr int kTableSize = 1 << kTableBits;
constexpr double kInverseLog2 = 0x1.71547652b82fep+0 * kTableSize;
constexpr double kRounder = 0x1.8p+52;  // adding and subtracting it rounds to a whole number
constexpr double kCubic = 0x1.c6af84b912394p-5 / kTableSize / kTableSize / kTableSize;
constexpr double kSquare = 0x1.ebfce50fac4f3p-3 / kTableSize / kTableSize;
constexpr double kLinear = 0x1.62e42ff0c52d6p-1 / kTableSize;
constexpr float kGreatest = 0x1.62e42ep6f;   // log(2^128): beyond it the result is infinite
constexpr float kSmallest = -0x1.9fe368p6f;  // log(2^-150): below it the result is 0
constexpr double kSmall = 0.25;              // up to here a series is exact enough

/// The bits of 2^(i / 32) minus i << 47, which is added back with the exponent.
constexpr uint64_t kPowers[kTableSize] = {
    0x3ff0000000000000, 0x3fefd9b0d3158574, 0x3fefb5586cf9890f, 0x3fef9301d0125b51, 0x3fef72b83c7d517b,
    0x3fef54873168b9aa, 0x3fef387a6e756238, 0x3fef1e9df51fdee1, 0x3fef06fe0a31b715, 0x3feef1a7373aa9cb,
    0x3feedea64c123422, 0x3feece086061892d, 0x3feebfdad5362a27, 0x3feeb42b569d4f82, 0x3feeab07dd485429,
    0x3feea47eb03a5585, 0x3feea09e667f3bcd, 0x3fee9f75e8ec5f74, 0x3feea11473eb0187, 0x3feea589994cce13,
    0x3feeace5422aa0db, 0x3feeb737b0cdc5e5, 0x3feec49182a3f090, 0x3feed503b23e255d, 0x3feee89f995ad3ad,
    0x3feeff76f2fb5e47, 0x3fef199bdd85529c, 0x3fef3720dcef9069, 0x3fef5818dcfba487, 0x3fef7c97337b9b5f,
    0x3fefa4afa2a490da, 0x3fefd0765b6e4540,
};

// The algorithm of logf in the same routines: x = 2^k * z and log(z) = log(c) + log(z / c), where c and log(c) come
// from a table and the rest is a polynomial.
constexpr int kLogBits = 4;
constexpr uint32_t kLogSize = 1 << kLogBits;
constexpr uint32_t kOne = 0x3F800000;  // the bits of 1
constexpr double kLog2 = 0x1.62e42fefa39efp-1;
constexpr double kLogFourth = -0x1.00ea348b88334p-2;
constexpr double kLogCubic = 0x1.5575b0be00b6ap-2;
constexpr double kLogSquare = -0x1.ffffef20a4123p-2;

struct LogPart {
  double inverse;
  double log;
};

constexpr LogPart kLogParts[kLogSize] = {
    {0x1.661ec79f8f3bep+0, -0x1.57bf7808caadep-2}, {0x1.571ed4aaf883dp+0, -0x1.2bef0a7c06ddbp-2},
    {0x1.49539f0f010bp+0, -0x1.01eae7f513a67p-2},  {0x1.3c995b0b80385p+0, -0x1.b31d8a68224e9p-3},
    {0x1.30d190c8864a5p+0, -0x1.6574f0ac07758p-3}, {0x1.25e227b0b8eap+0, -0x1.1aa2bc79c81p-3},
    {0x1.1bb4a4a1a343fp+0, -0x1.a4e76ce8c0e5ep-4}, {0x1.12358f08ae5bap+0, -0x1.1973c5a611cccp-4},
    {0x1.0953f419900a7p+0, -0x1.252f438e10c1ep-5}, {0x1p+0, 0x0p+0},
    {0x1.e608cfd9a47acp-1, 0x1.aa5aa5df25984p-5},  {0x1.ca4b31f026aap-1, 0x1.c5e53aa362eb4p-4},
    {0x1.b2036576afce6p-1, 0x1.526e57720db08p-3},  {0x1.9c2d163a1aa2dp-1, 0x1.bc2860d22477p-3},
    {0x1.886e6037841edp-1, 0x1.1058bc8a07ee1p-2},  {0x1.767dcf5534862p-1, 0x1.4043057b6ee09p-2},
};

uint32_t Bits(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof(bits));
  return bits;
}

float FromBits(uint32_t bits) {
  float value;
  std::memcpy(&value, &bits, sizeof(value));
  return value;
}

double FromBits(uint64_t bits) {
  double value;
  std::memcpy(&value, &bits, sizeof(value));
  return value;
}

/// exp(x) before it is rounded to float; x between kSmallest and kGreatest.
double WideExponential(double x) {
  const double scaled = kInverseLog2 * x;
  const double shifted = scaled + kRounder;
  uint64_t n;
  std::memcpy(&n, &shifted, sizeof(n));
  const double r = scaled - (shifted - kRounder);
  const double power = FromBits(kPowers[n % kTableSize] + (n << (52 - kTableBits)));
  return ((kCubic * r + kSquare) * (r * r) + (kLinear * r + 1)) * power;
}

}  // namespace

float Exponential(float x) {
  if (x != x) return x;
  if (x > kGreatest) return std::numeric_limits<float>::infinity();
  if (x < kSmallest) return 0;
  return static_cast<float>(WideExponential(x));
}

float Logarithm(float x) {
  constexpr uint32_t kInfinity = 0x7F800000, kOffset = 0x3F330000;  // the interval [kOffset, 2 kOffset) is around 1
  constexpr uint32_t kLeastNormal = 0x00800000, kExponent = 0xFF800000;
  if (x == 0) return -std::numeric_limits<float>::infinity();
  if (x < 0 || x != x) return std::numeric_limits<float>::quiet_NaN();
  uint32_t bits = Bits(x);
  if (bits == kInfinity) return x;
  if (bits == kOne) return 0;
  if (bits < kLeastNormal) bits = Bits(x * 0x1p23f) - (23 << 23);
  const uint32_t relative = bits - kOffset;
  const LogPart& part = kLogParts[relative >> (23 - kLogBits) & (kLogSize - 1)];
  const auto exponent = static_cast<double>(static_cast<int32_t>(relative) >> 23);
  const double r = static_cast<double>(FromBits(bits - (relative & kExponent))) * part.inverse - 1;
  const double square = r * r;
  return static_cast<float>((kLogCubic * r + kLogSquare + kLogFourth * square) * square +
                            (part.log + exponent * kLog2 + r));
}

float ExponentialMinusOne(float x) {
  const double y = x;
  if (y > -kSmall && y < kSmall) {
    double sum = 0;
    for (int i = 10; i > 0; --i) sum = (sum + 1) * y / i;
    return static_cast<float>(sum);
  }
  if (x > kGreatest || x < kSmallest || x != x) return Exponential(x) - 1;
  return static_cast<float>(WideExponential(y) - 1);
}

float HyperbolicTangent(float x) {
  constexpr float kFlat = 9.5f;  // beyond it tanh(x) is 1 in float32
  const double y = x, square = y * y;
  if (square < kSmall * kSmall) {
    constexpr double kSeries[] = {-1382.0 / 155925, 62.0 / 2835, -17.0 / 315, 2.0 / 15, -1.0 / 3, 1};
    double sum = 21844.0 / 6081075;
    for (const double coefficient : kSeries) sum = sum * square + coefficient;
    return static_cast<float>(sum * y);
  }
  if (x != x) return x;
  if (x > kFlat || x < -kFlat) return x < 0 ? -1.0f : 1.0f;
  return static_cast<float>(1 - 2 / (WideExponential(2 * y) + 1));
}

}  // namespace tinyhost
