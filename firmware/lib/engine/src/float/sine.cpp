// Sine and cosine of float32, computed in double: the C libraries of the computer and of the board round theirs
// differently.

#include "sine.h"

#include <cstdint>
#include <cstring>
#include <limits>

namespace tinyhost {

namespace {

// The algorithm of sinf in Arm's optimized routines, which is also glibc's: x = n * pi / 2 + r, and polynomials of r.
constexpr double kHalfPi = 0x1.921fb54442d18p0;
constexpr double kQuartersPerRadian = 0x1.45f306dc9c883p+23;  // 2 / pi in Q24
constexpr float kLarge = 120;                                 // from here on n needs more bits than a product has
constexpr uint32_t kInfinity = 0x7F800000;

constexpr double kSineCubic = -0x1.555545995a603p-3, kSineFifth = 0x1.1107605230bc4p-7;
constexpr double kSineSeventh = -0x1.994eb3774cf24p-13;
constexpr double kCosineSquare = -0x1.ffffffd0c621cp-2, kCosineFourth = 0x1.55553e1068f19p-5;
constexpr double kCosineSixth = -0x1.6c087e89a359dp-10, kCosineEighth = 0x1.99343027bf8c3p-16;

/// The bytes of 2 / pi after the binary point, with three zero bytes in front.
constexpr uint8_t kInversePi[] = {0,    0,    0,    0xA2, 0xF9, 0x83, 0x6E, 0x4E, 0x44, 0x15, 0x29, 0xFC, 0x27, 0x57,
                                  0xD1, 0xF5, 0x34, 0xDD, 0xC0, 0xDB, 0x62, 0x95, 0x99, 0x3C, 0x43, 0x90, 0x41};

uint32_t InversePi(uint32_t first) {
  const uint8_t* bytes = kInversePi + first;
  return uint32_t{bytes[0]} << 24 | uint32_t{bytes[1]} << 16 | uint32_t{bytes[2]} << 8 | bytes[3];
}

struct Angle {
  int n;     // quarters of a circle
  double r;  // the remaining angle in radians
};

Angle ReducedSmall(double x) {
  const int n = (static_cast<int32_t>(x * kQuartersPerRadian) + (1 << 23)) >> 24;
  return {n, x - n * kHalfPi};
}

/// Reduces a large number, given as the bits of its float without the sign, using those bits of 2 / pi that matter.
Angle ReducedLarge(uint32_t bits) {
  const uint32_t first = bits >> 26 & 15;
  const uint32_t mantissa = ((bits & 0xFFFFFF) | 0x800000) << (bits >> 23 & 7);
  const uint64_t low = uint64_t{mantissa} * InversePi(first + 8) >> 32;
  uint64_t product = (uint64_t{mantissa * InversePi(first)} << 32 | low) + uint64_t{mantissa} * InversePi(first + 4);
  const uint64_t n = (product + (uint64_t{1} << 61)) >> 62;
  product -= n << 62;
  return {static_cast<int>(n), static_cast<double>(static_cast<int64_t>(product)) * 0x1.921fb54442d18p-62};
}

}  // namespace

float Sine(float x, int n_quarters) {
  uint32_t bits;
  std::memcpy(&bits, &x, sizeof(bits));
  const bool is_negative = bits >> 31;
  bits &= 0x7FFFFFFF;
  if (bits >= kInfinity) return std::numeric_limits<float>::quiet_NaN();
  Angle angle{};
  if (x < kLarge && x > -kLarge) {
    angle = ReducedSmall(x);
  } else {
    angle = ReducedLarge(bits);
    if (is_negative) angle = {-angle.n, -angle.r};
  }
  const int n = angle.n + n_quarters;
  const double r = angle.r, square = r * r;
  double result;
  if (n & 1) {
    const double fourth = square * square;
    result =
        1 + square * kCosineSquare + fourth * kCosineFourth + fourth * square * (kCosineSixth + square * kCosineEighth);
  } else {
    const double cube = r * square;
    result = r + cube * kSineCubic + cube * square * (kSineFifth + square * kSineSeventh);
  }
  return static_cast<float>(n & 2 ? -result : result);
}

}  // namespace tinyhost
