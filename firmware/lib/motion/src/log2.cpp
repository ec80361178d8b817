#include "log2.h"

#include <array>
#include <cstddef>

#include "core/portable.h"

namespace tinyhost {

namespace {

constexpr int kIndexBits = 7;
constexpr int kSegments = 1 << kIndexBits;

/// log2(1 + index / kSegments) in Q16: bit by bit, by squaring.
constexpr uint32_t TableEntry(int index) {
  double mantissa = 1.0 + static_cast<double>(index) / kSegments;
  uint32_t bits = 0;
  for (int bit = 0; bit < 17; ++bit) {  // one more than kept, to round
    mantissa *= mantissa;
    bits <<= 1;
    if (mantissa >= 2.0) {
      mantissa /= 2.0;
      bits |= 1;
    }
  }
  return (bits + 1) >> 1;
}

constexpr std::array<uint32_t, kSegments + 1> MakeTable() {
  std::array<uint32_t, kSegments + 1> table{};
  for (int i = 0; i < kSegments; ++i) table[static_cast<size_t>(i)] = TableEntry(i);
  table[kSegments] = 1 << 16;
  return table;
}

constexpr std::array<uint32_t, kSegments + 1> kTable = MakeTable();

}  // namespace

int32_t Log2Q16(uint64_t x) {
  const int zeros = CountLeadingZeros64(x);
  const auto mantissa = static_cast<uint32_t>((x << zeros) >> 32);  // Q31, in 1..2
  const uint32_t index = (mantissa >> (31 - kIndexBits)) & (kSegments - 1);
  const uint32_t fraction = (mantissa >> (31 - kIndexBits - 16)) & 0xFFFF;
  const uint32_t low = kTable[index];
  const uint32_t rise = kTable[index + 1] - low;
  return ((63 - zeros) << 16) + static_cast<int32_t>(low + ((rise * fraction + (1 << 15)) >> 16));
}

}  // namespace tinyhost
