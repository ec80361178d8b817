#pragma once

#include <cstddef>
#include <cstdint>

namespace tinyhost {

/// CRC-32 of IEEE 802.3 (zlib's crc32), by nibbles: 64 bytes of table. What ImageHeader::crc32 holds.
uint32_t ImageCrc32(const uint8_t* data, size_t n_bytes);

}  // namespace tinyhost
