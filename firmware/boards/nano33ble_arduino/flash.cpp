// The upper part of the nRF52840's 1 MB of flash. platformio.ini caps the program below it, and an upload erases only
// what it writes, so slots and settings outlive a new firmware.
#include "hal/flash.h"

#include <cstring>

#include "boards/nano33ble_arduino/arduino.h"
#include "boards/nano33ble_arduino/begin.h"
#include "core/limits.h"
#include "drivers/FlashIAP.h"

namespace tinyhost::hal {
namespace {

constexpr uint32_t kEnd = 0x100000;
constexpr size_t kBytes = kStorageBytes;
constexpr uint32_t kBegin = kEnd - kBytes;
static_assert(kBytes % kFlashPageBytes == 0);
static_assert(kBegin == 0x10000 + 294912, "platformio.ini's board_upload.maximum_size");

mbed::FlashIAP controller;
bool ready = false;

/// Whether the bootloader was moved to where the slots are (docs/guides/board.md). Then its address is in
/// the first word of UICR.NRFFW, which is erased otherwise.
bool IsBootloaderMoved() { return NRF_UICR->NRFFW[0] != 0xffffffff; }

}  // namespace

// Where the bootloader was moved, nothing is ever erased or written: every push ends with flash_erase.
void FlashBegin() { ready = !IsBootloaderMoved() && controller.init() == 0; }

size_t FlashBytes() { return kBytes; }

const uint8_t* FlashData() { return reinterpret_cast<const uint8_t*>(kBegin); }

// The core stands still for up to 90 ms.
Status FlashErasePage(size_t offset) {
  if (offset % kFlashPageBytes != 0 || offset >= kBytes) return Status::kBadArgument;
  if (!ready || controller.erase(kBegin + offset, kFlashPageBytes) != 0) return Status::kFlashErase;
  for (size_t i = 0; i < kFlashPageBytes; ++i) {
    if (FlashData()[offset + i] != 0xff) return Status::kFlashErase;
  }
  return Status::kOk;
}

Status FlashWrite(size_t offset, const uint8_t* data, size_t n) {
  if (offset % kFlashWordBytes != 0 || n % kFlashWordBytes != 0) return Status::kBadArgument;
  if (offset > kBytes || n > kBytes - offset) return Status::kBadArgument;
  if (n == 0) return Status::kOk;
  if (!ready || controller.program(data, kBegin + offset, n) != 0) return Status::kFlashWrite;
  return std::memcmp(FlashData() + offset, data, n) == 0 ? Status::kOk : Status::kFlashWrite;
}

}  // namespace tinyhost::hal
