// The short form of requantization against TFLM's definition, where roundings could tell them apart.
//
// Why they are the same (n: the shift; M: TFLM's multiplier in Q31, m = 2 M; y: the product after the first rounding):
// - First rounding: (x M + 2^30) >> 31 = (x m + 2^31) >> 32, which SMMLAR adds to x as x + ((x (m - 2^32) + 2^31) >>
// 32).
//   |x| <= 2^30 and m < 2^32, so that |y| <= 2^30 fits.
// - Second rounding, halves away from zero: (y + 2^(n-1) - (y < 0)) >> n. The zero point z joins before the shift as
//   z 2^n, exactly; |z 2^n| <= 2^29 for n <= 22, so nothing overflows.
// The test walks every shift, the ends of the multipliers' range and some within, every output, and around each half
// the values that round to its neighbours.

#include <doctest/doctest.h>

#include <cstdint>
#include <initializer_list>

#include "../../lib/engine/src/simd/requantize.h"

namespace tinyhost {
namespace {

constexpr int64_t kMaxSum = int64_t{1} << 30;
constexpr uint32_t kMultipliers[] = {0x80000000, 0x80000002, 0x8000FFFE, 0xA3D70A3C,
                                     0xB504F332, 0xFFFF0000, 0xFFFFFFFE};

constexpr int32_t kZeroPoints[] = {-128, -127, -1, 0, 3, 127};

struct Case {
  uint32_t multiplier;
  int32_t shift;
  int32_t zero_point;
};

/// Counts the outputs of four sums that differ from TFLM's.
int Mismatches(const Case& c, int64_t first_sum) {
  ChannelConstants channel{};
  channel.bias = 77;  // is in the sums already
  channel.multiplier = c.multiplier;
  channel.constant = static_cast<int32_t>(static_cast<uint32_t>(2 * c.zero_point + 1) << (c.shift - 1));
  channel.shift = static_cast<int16_t>(c.shift);
  int32_t sums[4];
  for (int i = 0; i < 4; ++i) {
    const int64_t sum = first_sum + i;
    sums[i] = static_cast<int32_t>(sum < -kMaxSum ? -kMaxSum : (sum > kMaxSum ? kMaxSum : sum));
  }
  int8_t outputs[4];
  simd::StoreFour(nullptr, channel,
                  {static_cast<uint32_t>(sums[0]), static_cast<uint32_t>(sums[1]), static_cast<uint32_t>(sums[2]),
                   static_cast<uint32_t>(sums[3])},
                  outputs, simd::OutputOffsets::Of(4, 1));
  int mismatches = 0;
  for (int i = 0; i < 4; ++i) {
    const int32_t scaled = MultiplyByQuantizedMultiplier(sums[i], static_cast<int32_t>(c.multiplier >> 1), -c.shift);
    const int32_t expected = Clamp(scaled + c.zero_point, INT8_MIN, INT8_MAX);
    mismatches += outputs[i] != expected;
    mismatches += simd::BoundedOutput(channel, static_cast<uint32_t>(sums[i])) != expected;
  }
  return mismatches;
}

/// The same around every half between two outputs, from below the least to above the greatest.
int MismatchesAtHalves(const Case& c) {
  int mismatches = Mismatches(c, -kMaxSum) + Mismatches(c, kMaxSum - 3) + Mismatches(c, -2);
  for (int32_t output = INT8_MIN - 2; output <= INT8_MAX + 1; ++output) {
    const int64_t half = (2 * int64_t{output - c.zero_point} + 1) * (int64_t{1} << (c.shift - 1));
    for (int64_t product = half - 1; product <= half + 1; ++product) {
      const int64_t sum = product * (int64_t{1} << 32) / c.multiplier;
      if (sum >= -kMaxSum && sum <= kMaxSum) mismatches += Mismatches(c, sum - 2);
    }
  }
  return mismatches;
}

TEST_CASE("Bounded requantization equals TFLM's at every half") {
  for (int32_t shift = 1; shift <= 22; ++shift) {
    CAPTURE(shift);
    for (const uint32_t multiplier : kMultipliers) {
      CAPTURE(multiplier);
      for (const int32_t zero_point : kZeroPoints) {
        CAPTURE(zero_point);
        CHECK(MismatchesAtHalves({multiplier, shift, zero_point}) == 0);
      }
    }
  }
}

TEST_CASE("A scaled channel is rounded down once, by all kernels") {
  ChannelConstants channel{};
  channel.bias = 77;
  channel.shift = kScaledShift;
  for (const uint32_t multiplier : {1u, 0x00ABCDEFu, 0x12345678u, 0x7FFFFFFFu}) {
    for (const int32_t constant : {-1024, -1021, 0, 5, 100000}) {
      channel.multiplier = multiplier;
      channel.constant = constant;
      const Requantizer portable{&channel, 0, INT8_MIN, INT8_MAX};
      for (int64_t sum = -(1 << 21); sum <= 1 << 21; sum += 997) {
        const int64_t scaled = ((sum * multiplier + (constant * (int64_t{1} << 32))) >> 32) >> kScaledShift;
        const int64_t expected = scaled < INT8_MIN ? INT8_MIN : (scaled > INT8_MAX ? INT8_MAX : scaled);
        const auto x = static_cast<uint32_t>(sum);
        REQUIRE(simd::BoundedOutput(channel, x) == expected);
        REQUIRE(portable(x - 77, channel) == expected);
      }
    }
  }
}

}  // namespace
}  // namespace tinyhost
