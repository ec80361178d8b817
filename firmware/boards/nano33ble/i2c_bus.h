#pragma once

#include "boards/nano33ble/core.h"
#include "drivers/register_bus.h"

namespace tinyhost::hal {

/// I2C on one of the nRF52840's TWIM peripherals. Not Arduino's Wire: it allocates, and nobody promises that it comes
/// back from a bus that hangs. Every transfer ends after kTimeoutUs.
class I2cBus final : public RegisterBus {
 public:
  enum class Reads : uint8_t { kRepeatedStart, kStopBetween };  // the latter for SCCB

  I2cBus(NRF_TWIM_Type* twim, PinName sda, PinName scl, uint32_t frequency, Reads reads)
      : twim_(twim), sda_(sda), scl_(scl), frequency_(frequency), reads_(reads) {}

  bool Read(uint8_t device, uint8_t first_register, uint8_t* data, size_t n) override;
  bool Write(uint8_t device, uint8_t register_address, const uint8_t* data, size_t n) override;

 private:
  bool Transfer(uint8_t device, const uint8_t* out, size_t n_out, uint8_t* in, size_t n_in);
  bool WaitForStop();
  void FreeBus();

  NRF_TWIM_Type* twim_;
  PinName sda_;
  PinName scl_;
  uint32_t frequency_;
  Reads reads_;
  uint8_t buffer_[80] = {};  // EasyDMA does not read flash
};

/// Whether a line of an idle bus is high a millisecond after it was held low: without the pin's own pull-up only if
/// there is another one, and nothing holds the line.
bool LineRises(PinName pin, bool with_pull_up);

/// The board's own sensors.
RegisterBus& SensorBus();

}  // namespace tinyhost::hal
