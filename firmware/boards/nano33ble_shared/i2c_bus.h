#pragma once

#include "boards/nano33ble_shared/pins.h"
#include "drivers/register_bus.h"

namespace tinyhost::hal {

/// I2C on one of the nRF52840's TWIM peripherals. Every transfer ends within kTimeoutUs.
class I2cBus final : public RegisterBus {
 public:
  using Twim = nrf52840::Peripheral<nrf52840::TwimBlock>;
  enum class Reads : uint8_t { kRepeatedStart, kStopBetween };  // the latter for SCCB

  I2cBus(Twim twim, Pin sda, Pin scl, uint32_t frequency, Reads reads)
      : twim_(twim), sda_(sda), scl_(scl), frequency_(frequency), reads_(reads) {}

  bool Read(uint8_t device, uint8_t first_register, uint8_t* data, size_t n) override;
  bool Write(uint8_t device, uint8_t register_address, const uint8_t* data, size_t n) override;

 private:
  bool Transfer(uint8_t device, const uint8_t* out, size_t n_out, uint8_t* in, size_t n_in);
  bool WaitForStop();
  void FreeBus();

  Twim twim_;
  Pin sda_;
  Pin scl_;
  uint32_t frequency_;
  Reads reads_;
  uint8_t buffer_[80] = {};  // EasyDMA does not read flash
};

/// Whether a line of an idle bus is high a millisecond after it was held low. Without the pin's own pull-up this needs
/// another pull-up, and nothing may hold the line.
bool LineRises(Pin pin, bool with_pull_up);

/// The board's own sensors.
RegisterBus& SensorBus();

}  // namespace tinyhost::hal
