// The parts that are computed differently from TFLM, against their definitions.
#include <doctest/doctest.h>

#include <cmath>
#include <initializer_list>

#include "../../lib/frontend/src/channels.h"

namespace tinyhost {
namespace {

/// By its definition, bit by bit.
uint32_t ExpectedRoot(uint64_t x) {
  uint64_t root = 0;
  for (uint64_t bit = 1 << 24; bit != 0; bit >>= 1) {
    if ((root + bit) * (root + bit) <= x) root += bit;
  }
  const bool is_capped = x >> 32 == 0 && root == 0xFFFF;
  return static_cast<uint32_t>(x - root * root > root && !is_capped ? root + 1 : root);
}

TEST_CASE("square roots are right around every square and power of two, and where the root is capped") {
  for (uint64_t root = 1; root < 1 << 24; root += 1 + root / 37) {
    for (int64_t offset : {-1, 0, 1}) {
      const uint64_t around_square = root * root + static_cast<uint64_t>(offset);
      const uint64_t around_half = root * root + root + static_cast<uint64_t>(offset);
      REQUIRE(RoundedSquareRoot(around_square) == ExpectedRoot(around_square));
      REQUIRE(RoundedSquareRoot(around_half) == ExpectedRoot(around_half));
    }
  }
  for (int bits = 0; bits < 48; ++bits) {
    const uint64_t power = uint64_t{1} << bits;
    for (uint64_t x : {power - 1, power, power + 1, power + power / 2, power + power / 3}) {
      CAPTURE(x);
      CHECK(RoundedSquareRoot(x) == ExpectedRoot(x));
    }
  }
  CHECK(RoundedSquareRoot(0xFFFFFFFF) == 0xFFFF);
  CHECK(RoundedSquareRoot(0x100000000) == 0x10000);
  CHECK(RoundedSquareRoot((uint64_t{1} << 48) - 1) == 1 << 24);
}

TEST_CASE("square roots of random numbers are right") {
  uint64_t state = 1;
  for (int i = 0; i < 200'000; ++i) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    const uint64_t x = (state >> 16) >> (i % 48);
    REQUIRE(RoundedSquareRoot(x) == ExpectedRoot(x));
  }
}

TEST_CASE("logarithms are 64 ln(x), to 1") {
  CHECK(ScaledLogarithm(0) == 0);
  CHECK(ScaledLogarithm(1) == 0);
  uint16_t before = 0;
  for (uint32_t x = 2; x < 0xF0000000; x += 1 + x / 64) {
    const uint16_t result = ScaledLogarithm(x);
    CAPTURE(x);
    REQUIRE(std::fabs(result - 64 * std::log(static_cast<double>(x))) < 1.0);
    REQUIRE(result >= before);
    before = result;
  }
}

}  // namespace
}  // namespace tinyhost
