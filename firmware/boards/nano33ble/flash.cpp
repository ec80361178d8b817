// The upper part of the nRF52840's 1 MB of flash. The linker script ends the program below it, and an upload erases
// only what it writes, so slots and settings outlive a new firmware. Section 4.3 describes the flash controller. The
// processor stands still while a page is erased or a word is written, because it runs from the same flash.
#include "hal/flash.h"

#include <cstring>

#include "boards/nano33ble_shared/parts.h"
#include "boards/nrf52840/registers.h"
#include "core/limits.h"

namespace tinyhost::hal {
namespace {

using namespace nrf52840;

constexpr uint32_t kEnd = 0x100000;
constexpr size_t kBytes = kStorageBytes;
constexpr uint32_t kBegin = kEnd - kBytes;
static_assert(kBytes % kFlashPageBytes == 0);
static_assert(kBegin == 0x10000 + 294912, "nano33ble.ld: the program's memory");

// Section 4.3.6.1: 85 ms at most erase a page, at once or in pieces that add up to it.
constexpr uint32_t kPieceMs = 10;
constexpr uint32_t kPieces = 9;

/// Whether the bootloader was moved to where the slots are (docs/guides/board.md). Then its address is in the first
/// word of UICR.NRFFW, which is erased otherwise. In that case nothing is ever erased or written there: every push ends
/// with flash_erase.
bool IsBootloaderMoved() { return UICR->NRFFW[0] != 0xffffffff; }

void WaitUntilReady() {
  while (NVMC->READY == 0) {
  }
}

/// Sets the controller's mode during its lifetime, so that an accidental write at any other time has no effect.
class Mode {
 public:
  explicit Mode(uint32_t mode) { Set(mode); }
  ~Mode() { Set(kReadOnly); }
  Mode(const Mode&) = delete;
  Mode& operator=(const Mode&) = delete;

 private:
  static void Set(uint32_t mode) {
    WaitUntilReady();
    NVMC->CONFIG = mode;
    WaitUntilReady();
  }
};

bool IsErased(uint32_t address) {
  const auto* const words = reinterpret_cast<const uint32_t*>(address);
  for (size_t i = 0; i < kFlashPageBytes / sizeof(uint32_t); ++i) {
    if (words[i] != 0xffffffff) return false;
  }
  return true;
}

/// Interrupts are served between two pieces, so no sound is lost: a block of sound lasts 16 ms.
void EraseInPieces(uint32_t address) {
  const Mode mode(kEraseEnable);
  NVMC->ERASEPAGEPARTIALCFG = kPieceMs;
  for (uint32_t i = 0; i < kPieces; ++i) {
    NVMC->ERASEPAGEPARTIAL = address;
    WaitUntilReady();
  }
}

void EraseAtOnce(uint32_t address) {
  const Mode mode(kEraseEnable);
  NVMC->ERASEPAGE = address;
  WaitUntilReady();
}

}  // namespace

size_t FlashBytes() { return kBytes; }

const uint8_t* FlashData() { return reinterpret_cast<const uint8_t*>(kBegin); }

Status FlashErasePage(size_t offset) {
  if (offset % kFlashPageBytes != 0 || offset >= kBytes) return Status::kBadArgument;
  if (IsBootloaderMoved()) return Status::kFlashErase;
  const uint32_t address = kBegin + offset;
  if (MicrophoneIsOn()) EraseInPieces(address);
  if (!MicrophoneIsOn() || !IsErased(address)) EraseAtOnce(address);
  return IsErased(address) ? Status::kOk : Status::kFlashErase;
}

Status FlashWrite(size_t offset, const uint8_t* data, size_t n) {
  if (offset % kFlashWordBytes != 0 || n % kFlashWordBytes != 0) return Status::kBadArgument;
  if (offset > kBytes || n > kBytes - offset) return Status::kBadArgument;
  if (n == 0) return Status::kOk;
  if (IsBootloaderMoved()) return Status::kFlashWrite;
  auto* const to = reinterpret_cast<volatile uint32_t*>(kBegin + offset);
  {
    const Mode mode(kWriteEnable);
    for (size_t i = 0; i < n / kFlashWordBytes; ++i) {
      uint32_t word = 0;
      std::memcpy(&word, data + i * kFlashWordBytes, kFlashWordBytes);
      to[i] = word;
      WaitUntilReady();
    }
  }
  return std::memcmp(FlashData() + offset, data, n) == 0 ? Status::kOk : Status::kFlashWrite;
}

}  // namespace tinyhost::hal
