#pragma once

#include <array>
#include <deque>

#include "emulator/board/motion.h"
#include "emulator/peripherals/i2c_device.h"

namespace tinyhost::emulator {

/// ST's LSM9DS1, the motion sensor of revision 1: data sheet DocID025715 Rev 3, sections 3.3 (FIFO) and 7. The
/// gyroscope measures once it is on, at its rate, which is then the accelerometer's, too. Its filters, its self-test
/// and its start-up time are not modelled. The magnetometer is another device, which is not modelled.
class Lsm9ds1Chip final : public I2cDevice {
 public:
  static constexpr size_t kFifoSamples = 32;

  Lsm9ds1Chip(System system, Motion& motion) : system_(system), motion_(motion) { PowerOn(); }

  uint8_t address() const override { return 0x6b; }
  bool is_there() const override { return is_powered_; }
  /// Switches the board's 3.3 V for sensors. Registers are lost without it.
  void SetPower(bool is_on);

 private:
  using Sample = std::array<int16_t, 6>;  // in the registers' order: the gyroscope's first

  void WriteRegister(uint8_t address, uint8_t value) override;
  uint8_t ReadRegister(uint8_t address) override;
  uint8_t Next(uint8_t address) const override;
  void PowerOn();
  void Measure();
  Sample Convert(const Movement& movement) const;
  bool has_gyroscope() const;
  double RateHz() const;

  System system_;
  Motion& motion_;
  bool is_powered_ = false;
  std::array<uint8_t, 256> registers_ = {};
  SampleClock clock_;
  std::deque<Sample> fifo_;
  bool has_overrun_ = false;
  Sample shown_ = {};
};

}  // namespace tinyhost::emulator
