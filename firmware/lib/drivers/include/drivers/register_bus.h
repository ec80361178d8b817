#pragma once

#include <cstddef>
#include <cstdint>

namespace tinyhost {

/// An I2C bus to chips with 8-bit registers. No function waits without a limit: each returns false if a chip did not
/// answer in time.
class RegisterBus {
 public:
  virtual bool Read(uint8_t device, uint8_t first_register, uint8_t* data, size_t n) = 0;
  virtual bool Write(uint8_t device, uint8_t register_address, const uint8_t* data, size_t n) = 0;

  bool WriteByte(uint8_t device, uint8_t register_address, uint8_t value) {
    return Write(device, register_address, &value, 1);
  }

 protected:
  ~RegisterBus() = default;
};

}  // namespace tinyhost
