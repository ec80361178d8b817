#pragma once

#include <cstddef>
#include <cstdint>

namespace tinyhost {

/// Byte `index` of the pattern of `seed` (see InferSource.PATTERN): murmur3's fmix32 of a Weyl sequence.
constexpr uint8_t PatternByte(uint32_t seed, uint32_t index) {
  uint32_t h = seed + (index + 1) * 0x9E3779B9u;
  h = (h ^ (h >> 16)) * 0x85EBCA6Bu;
  h = (h ^ (h >> 13)) * 0xC2B2AE35u;
  return static_cast<uint8_t>(h ^ (h >> 16));
}

/// Fills `out` with the pattern's bytes from `first` on.
inline void FillPattern(uint32_t seed, uint32_t first, uint8_t* out, size_t n_bytes) {
  for (size_t i = 0; i < n_bytes; ++i) out[i] = PatternByte(seed, first + static_cast<uint32_t>(i));
}

}  // namespace tinyhost
