// Flash of the virtual boards: an array in RAM, and a file that gets every erase and write at once. Killing the process
// is therefore like cutting the power: the file holds exactly what was written before.
#include "hal/flash.h"

#include <cstring>

#include "boards/virtual/flash.h"
#include "boards/virtual/host_file.h"
#include "core/limits.h"

namespace tinyhost::hal {
namespace {

constexpr char kFileName[] = "flash.bin";
constexpr size_t kBytes = kStorageBytes;
static_assert(kBytes % kFlashPageBytes == 0);

alignas(16) uint8_t window[kBytes];
int file = -1;

bool Store(size_t offset, size_t n) { return host::WriteFile(file, offset, window + offset, n); }

}  // namespace

void FlashBegin() {
  std::memset(window, 0xff, kBytes);
  file = host::OpenFile(kFileName);
  if (file >= 0) {
    host::ReadFile(file, 0, window, kBytes);
    return;
  }
  file = host::CreateFile(kFileName);
  if (file < 0 || !Store(0, kBytes)) host::Exit(host::kExitFault);
}

size_t FlashBytes() { return kBytes; }

const uint8_t* FlashData() { return window; }

Status FlashErasePage(size_t offset) {
  if (offset % kFlashPageBytes != 0 || offset >= kBytes) return Status::kBadArgument;
  std::memset(window + offset, 0xff, kFlashPageBytes);
  return Store(offset, kFlashPageBytes) ? Status::kOk : Status::kFlashErase;
}

Status FlashWrite(size_t offset, const uint8_t* data, size_t n) {
  if (offset % kFlashWordBytes != 0 || n % kFlashWordBytes != 0) return Status::kBadArgument;
  if (offset > kBytes || n > kBytes - offset) return Status::kBadArgument;
  for (size_t i = 0; i < n; ++i) {
    window[offset + i] &= data[i];  // a write only clears bits
  }
  if (!Store(offset, n)) return Status::kFlashWrite;
  return std::memcmp(window + offset, data, n) == 0 ? Status::kOk : Status::kFlashWrite;
}

}  // namespace tinyhost::hal
