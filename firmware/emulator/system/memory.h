#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "emulator/system/log.h"

namespace tinyhost::emulator {

constexpr uint32_t kFlashBytes = 0x100000;
constexpr uint32_t kFlashPageBytes = 4096;
constexpr uint32_t kRamBegin = 0x20000000;
constexpr uint32_t kRamBytes = 0x40000;
constexpr uint32_t kFicrBegin = 0x10000000;
constexpr uint32_t kUicrBegin = 0x10001000;
constexpr uint32_t kInfoBytes = 0x1000;
constexpr uint32_t kProgramBegin = 0x10000;  // behind the bootloader

inline uint32_t LoadWord(const uint8_t* bytes) {
  return bytes[0] | static_cast<uint32_t>(bytes[1]) << 8 | static_cast<uint32_t>(bytes[2]) << 16 |
         static_cast<uint32_t>(bytes[3]) << 24;
}

inline void StoreWord(uint8_t* bytes, uint32_t value) {
  for (int i = 0; i < 4; ++i) bytes[i] = static_cast<uint8_t>(value >> (8 * i));
}

/// The chip's memories (product specification, 4.2): flash, which is a file, so that each change survives this process
/// at once; RAM; the two information pages.
class Memory {
 public:
  /// `flash_path` is the file, which is created if it does not exist; "" keeps flash in memory. Throws
  /// std::runtime_error.
  Memory(Log& log, const std::string& flash_path);
  ~Memory();
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;

  uint8_t* flash() { return flash_; }
  uint8_t* ram() { return ram_.get(); }
  uint8_t* ficr() { return ficr_.get(); }
  uint8_t* uicr() { return uicr_.get(); }

  /// The bytes at an address of RAM or flash; null if it is neither.
  uint8_t* At(uint32_t address, uint32_t n);
  /// The memory that EasyDMA reads or writes: only RAM (4.6.4). An access elsewhere is a defect and has no effect.
  uint8_t* Dma(uint32_t address, uint32_t n, const char* who);
  /// Fills RAM as after a power cut: with nothing that a program could rely on.
  void ScrambleRam(uint32_t seed);

 private:
  struct Free {
    void operator()(uint8_t* memory) const;
  };
  using Pages = std::unique_ptr<uint8_t, Free>;
  static Pages Allocate(size_t n, uint8_t value);

  Log& log_;
  Pages own_flash_;
  uint8_t* flash_ = nullptr;
  bool is_mapped_ = false;
  Pages ram_;
  Pages ficr_;
  Pages uicr_;
  Pages nowhere_;
};

}  // namespace tinyhost::emulator
