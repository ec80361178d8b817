#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>

#include "emulator/system/component.h"

namespace tinyhost::emulator {

enum class Access : uint8_t {
  kNone,  ///< there is no such register
  kTask,
  kEvent,
  kRead,
  kReadWrite,
  kWrite,
  kOneClears,  ///< writing a 1 clears the bit
};

/// Consecutive registers of the same kind.
struct Registers {
  uint16_t offset;
  Access access;
  uint16_t count = 1;
  uint32_t reset = 0;
  uint16_t stride = 4;
};

/// A peripheral of the nRF52 series: tasks, events, shortcuts and an interrupt, as the product specification, 6.1,
/// describes them for all. A register that is not in its table does not exist, and using it is a defect.
class Peripheral : public Component {
 public:
  static constexpr uint32_t kShorts = 0x200;
  static constexpr uint32_t kInten = 0x300;
  static constexpr uint32_t kIntenSet = 0x304;
  static constexpr uint32_t kIntenClr = 0x308;

  Peripheral(System system, const char* name, uint32_t base, std::initializer_list<Registers> registers);

  uint32_t Read(uint32_t offset);
  void Write(uint32_t offset, uint32_t value);
  void Reset() override;

  const char* name() const { return name_; }
  uint32_t base() const { return base_; }
  int irq() const { return static_cast<int>(base_ >> 12 & 0xff); }

 protected:
  virtual void OnTask(uint32_t offset) { (void)offset; }
  virtual void OnWrite(uint32_t offset, uint32_t value) { at(offset) = value; }
  virtual uint32_t OnRead(uint32_t offset) { return at(offset); }
  /// An event has happened: for shortcuts to tasks of the same peripheral.
  virtual void OnEvent(uint32_t offset) { (void)offset; }

  /// Sets an event's register; its interrupt follows.
  void Raise(uint32_t offset);
  void UpdateInterrupt();
  uint32_t& at(uint32_t offset) { return values_[offset / 4]; }
  uint32_t at(uint32_t offset) const { return values_[offset / 4]; }
  bool has_short(int bit) const { return (at(kShorts) >> bit & 1) != 0; }
  bool is_interrupt_enabled(uint32_t event) const { return (at(kInten) >> ((event - 0x100) / 4) & 1) != 0; }

  System system_;

 private:
  static constexpr size_t kWords = 0x400;

  const char* const name_;
  const uint32_t base_;
  std::array<uint32_t, kWords> values_ = {};
  std::array<uint32_t, kWords> resets_ = {};
  std::array<Access, kWords> access_ = {};
};

}  // namespace tinyhost::emulator
