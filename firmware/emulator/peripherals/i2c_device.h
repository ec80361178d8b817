#pragma once

#include <cstdint>

namespace tinyhost::emulator {

/// A chip on an I2C bus with an address pointer and registers behind it.
class I2cDevice {
 public:
  virtual ~I2cDevice() = default;
  virtual uint8_t address() const = 0;
  /// Whether it answers: it has power and is plugged in.
  virtual bool is_there() const = 0;

  /// Starts a transfer after the address byte: the first byte written sets the pointer.
  virtual void Begin() { is_first_ = true; }
  void Take(uint8_t byte) {
    if (is_first_) {
      pointer_ = byte;
    } else {
      WriteRegister(pointer_, byte);
      pointer_ = Next(pointer_);
    }
    is_first_ = false;
  }
  uint8_t Give() {
    const uint8_t byte = ReadRegister(pointer_);
    pointer_ = Next(pointer_);
    return byte;
  }
  uint8_t pointer() const { return pointer_; }

 protected:
  virtual void WriteRegister(uint8_t address, uint8_t value) = 0;
  virtual uint8_t ReadRegister(uint8_t address) = 0;
  /// Where the pointer moves after an access.
  virtual uint8_t Next(uint8_t address) const { return static_cast<uint8_t>(address + 1); }

 private:
  bool is_first_ = true;
  uint8_t pointer_ = 0;
};

/// Two wires of the board, and the devices on them.
class I2cBus {
 public:
  virtual ~I2cBus() = default;
  /// The device that answers to an address on the bus that these pins are wired to; null if there is none.
  virtual I2cDevice* Find(uint32_t scl_pin, uint32_t sda_pin, uint8_t address) = 0;
};

}  // namespace tinyhost::emulator
