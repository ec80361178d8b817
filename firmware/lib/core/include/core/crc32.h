#pragma once

#include <cstddef>
#include <cstdint>

namespace tinyhost {

/// CRC-32 as zlib computes it (IEEE 802.3, reflected). Chains: Crc32(b, Crc32(a)) is the CRC of a then b.
uint32_t Crc32(const void* data, size_t n_bytes, uint32_t crc = 0);

}  // namespace tinyhost
