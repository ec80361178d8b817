#pragma once

#include <cstddef>
#include <cstdint>

namespace tinyhost {

/// CRC-32 as in zlib (IEEE 802.3, reflected). It chains: Crc32(b, Crc32(a)) is the CRC of a followed by b.
uint32_t Crc32(const void* data, size_t n_bytes, uint32_t crc = 0);

}  // namespace tinyhost
