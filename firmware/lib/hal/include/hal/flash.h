#pragma once

#include <cstddef>
#include <cstdint>

#include "core/status.h"

namespace tinyhost::hal {

/// The flash that keeps settings and model slots, above the program. Offsets start at 0 there.
constexpr size_t kFlashPageBytes = 4096;
constexpr size_t kFlashWordBytes = 4;

/// A multiple of kFlashPageBytes.
size_t FlashBytes();
/// Memory-mapped, 16-byte aligned; follows every erase and write at once.
const uint8_t* FlashData();
/// Sets the page at `offset` to 0xFF. Returns kBadArgument if that is not the start of a page inside the flash.
Status FlashErasePage(size_t offset);
/// Writes whole words, which must be erased; a word may be written once after an erase. Returns kBadArgument if it is
/// misaligned or out of bounds, kFlashWrite if the data did not read back.
Status FlashWrite(size_t offset, const uint8_t* data, size_t n);

}  // namespace tinyhost::hal
