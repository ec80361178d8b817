#pragma once

#include <array>
#include <cstdint>

namespace tinyhost::emulator {

/// The memory protection unit: ARMv7-M Architecture Reference Manual, B3.5. All code of this board is privileged.
class Protection {
 public:
  static constexpr uint32_t kRegions = 8;
  static constexpr uint32_t kMinRegionBytes = 32;

  void Reset() { *this = Protection(); }
  /// Registers by their offset from MPU_TYPE, 0xE000ED90.
  uint32_t Read(uint32_t offset) const;
  void Write(uint32_t offset, uint32_t value);

  /// Whether all rights are the same.
  bool operator==(const Protection& other) const;

  bool is_on() const { return (control_ & kEnable) != 0; }
  bool applies_to_faults() const { return (control_ & kInFaultHandlers) != 0; }

  struct Rights {
    bool read;
    bool write;
    bool execute;
  };
  Rights At(uint32_t address) const;
  /// Whether some of these bytes may have other rights than others; `n` is a power of two, and `begin` a multiple of
  /// it.
  bool Divides(uint32_t begin, uint32_t n) const;
  /// The rights for each of `n` bytes; `n` is a power of two from 32 on, and `begin` a multiple of it.
  Rights OfAll(uint32_t begin, uint32_t n) const;

 private:
  static constexpr uint32_t kEnable = 1;
  static constexpr uint32_t kInFaultHandlers = 2;
  static constexpr uint32_t kDefaultMap = 4;

  struct Region {
    uint32_t base = 0;
    uint32_t attributes = 0;
    bool operator==(const Region& other) const { return base == other.base && attributes == other.attributes; }
    bool Contains(uint32_t address) const;
    bool Divides(uint32_t first, uint32_t n) const;
    uint32_t log2_bytes() const { return (attributes >> 1 & 0x1f) + 1; }
    uint64_t begin() const { return base & ~((uint64_t{1} << log2_bytes()) - 1); }
  };

  uint32_t control_ = 0;
  uint32_t number_ = 0;
  std::array<Region, kRegions> regions_ = {};
};

}  // namespace tinyhost::emulator
