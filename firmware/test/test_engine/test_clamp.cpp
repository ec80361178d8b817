#include <doctest/doctest.h>

#include <cstdint>
#include <vector>

#include "../../lib/engine/src/kernels/fixed_point.h"
#include "../../lib/engine/src/simd/clamp.h"

namespace tinyhost {
namespace {

/// Counts what ClampBytes makes of every byte, from `first` on, that differs from Clamp; the bytes behind count, too.
int Mismatches(uint32_t first, int32_t low, int32_t high) {
  std::vector<int8_t> bytes(256 + 4);
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<int8_t>(i);
  simd::ClampBytes(bytes.data() + first, 256 - first, low, high);
  int mismatches = 0;
  for (size_t i = 0; i < bytes.size(); ++i) {
    const int32_t before = static_cast<int8_t>(i);
    mismatches += bytes[i] != (i >= first && i < 256 ? Clamp(before, low, high) : before);
  }
  return mismatches;
}

TEST_CASE("bytes are clamped four at a time, and no others are touched") {
  constexpr int32_t kEnds[] = {-128, -127, -1, 0, 1, 126, 127};
  for (uint32_t first = 0; first < 9; ++first) {
    for (const int32_t low : kEnds) {
      for (const int32_t high : kEnds) {
        if (low > high) continue;
        CAPTURE(first);
        CAPTURE(low);
        CAPTURE(high);
        CHECK(Mismatches(first, low, high) == 0);
      }
    }
  }
}

}  // namespace
}  // namespace tinyhost
