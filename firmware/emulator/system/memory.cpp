#include "emulator/system/memory.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <new>
#include <random>
#include <stdexcept>
#include <vector>

namespace tinyhost::emulator {
namespace {

constexpr size_t kPage = 4096;
constexpr size_t kNowhereBytes = 0x10000;  // no EasyDMA moves more

/// The whole flash in the file, mapped: a store is in the file at once, and stays there when this process is killed.
uint8_t* MapFlash(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (file < 0) throw std::runtime_error(path + ": cannot open: " + std::strerror(errno));
  struct stat status = {};
  const bool is_new = ::fstat(file, &status) == 0 && status.st_size == 0;
  if (!is_new && status.st_size != kFlashBytes) {
    ::close(file);
    throw std::runtime_error(path + ": expected " + std::to_string(kFlashBytes) + " bytes of flash, got " +
                             std::to_string(status.st_size));
  }
  if (is_new) {
    const std::vector<uint8_t> erased(kFlashBytes, 0xff);
    if (::write(file, erased.data(), erased.size()) != static_cast<ssize_t>(erased.size())) {
      ::close(file);
      throw std::runtime_error(path + ": cannot write: " + std::strerror(errno));
    }
  }
  void* bytes = ::mmap(nullptr, kFlashBytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  ::close(file);
  if (bytes == MAP_FAILED) throw std::runtime_error(path + ": cannot map: " + std::strerror(errno));
  return static_cast<uint8_t*>(bytes);
}

}  // namespace

void Memory::Free::operator()(uint8_t* memory) const { std::free(memory); }

Memory::Pages Memory::Allocate(size_t n, uint8_t value) {
  auto* bytes = static_cast<uint8_t*>(std::aligned_alloc(kPage, n));
  if (bytes == nullptr) throw std::bad_alloc();
  std::memset(bytes, value, n);
  return Pages(bytes);
}

Memory::Memory(Log& log, const std::string& flash_path)
    : log_(log),
      ram_(Allocate(kRamBytes, 0xa5)),
      ficr_(Allocate(kInfoBytes, 0xff)),
      uicr_(Allocate(kInfoBytes, 0xff)),
      nowhere_(Allocate(kNowhereBytes, 0)) {
  if (flash_path.empty()) {
    own_flash_ = Allocate(kFlashBytes, 0xff);
    flash_ = own_flash_.get();
  } else {
    flash_ = MapFlash(flash_path);
    is_mapped_ = true;
  }
}

Memory::~Memory() {
  if (is_mapped_) ::munmap(flash_, kFlashBytes);
}

uint8_t* Memory::At(uint32_t address, uint32_t n) {
  if (address >= kRamBegin && address - kRamBegin <= kRamBytes && n <= kRamBytes - (address - kRamBegin)) {
    return ram() + (address - kRamBegin);
  }
  if (address <= kFlashBytes && n <= kFlashBytes - address) return flash_ + address;
  return nullptr;
}

uint8_t* Memory::Dma(uint32_t address, uint32_t n, const char* who) {
  if (n == 0) return nowhere_.get();
  uint8_t* bytes = address >= kRamBegin ? At(address, n) : nullptr;
  if (bytes != nullptr) return bytes;
  log_.Defect("EasyDMA of %s at 0x%08x, %u bytes: that is no RAM", who, address, n);
  return nowhere_.get();
}

void Memory::ScrambleRam(uint32_t seed) {
  std::minstd_rand random(seed + 1);
  for (uint32_t i = 0; i < kRamBytes; i += 4) StoreWord(ram() + i, static_cast<uint32_t>(random()) * 2654435761u);
}

}  // namespace tinyhost::emulator
