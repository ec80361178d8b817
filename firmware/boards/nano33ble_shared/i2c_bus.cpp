// nRF52840 Product Specification 1.7, section 6.31 (TWIM).
#include "boards/nano33ble_shared/i2c_bus.h"

#include <cstring>

#include "boards/nano33ble_shared/parts.h"
#include "hal/clock.h"

namespace tinyhost::hal {
namespace {

using namespace nrf52840;

constexpr uint32_t kSccbPauseMs = 1;     // an OV7670 locks up without (Adafruit_OV7670, arch/ov7670.c)
constexpr uint64_t kTimeoutUs = 20'000;  // 224 bytes take 8 ms at 250 kHz

/// Open drain with the chip's own pull-up besides the board's.
void Configure(Pin pin, uint32_t direction) { pin.Configure(direction | kPullUp | kOpenDrain); }

}  // namespace

/// A chip that was interrupted in the middle of a byte holds the data line low; nine clocks let it finish.
void I2cBus::FreeBus() {
  scl_.Drive(true);
  Configure(scl_, kInput);
  Configure(sda_, kInput);
  if (sda_.is_high()) return;
  Configure(scl_, kOutput);
  for (int i = 0; i < 9; ++i) {
    scl_.Drive(false);
    WaitUs(5);
    scl_.Drive(true);
    WaitUs(5);
  }
  Configure(scl_, kInput);
}

bool I2cBus::WaitForStop() {
  const uint64_t start_us = MicrosNow();
  bool is_stopping = false;
  bool is_good = true;
  while (twim_->EVENTS_STOPPED == 0) {
    const bool is_late = MicrosNow() - start_us > kTimeoutUs;
    if (!is_stopping && (twim_->EVENTS_ERROR != 0 || is_late)) {  // an address or a byte that nobody acknowledged
      is_good = false;
      is_stopping = true;
      twim_->TASKS_RESUME = 1;
      twim_->TASKS_STOP = 1;
    }
    if (MicrosNow() - start_us > 2 * kTimeoutUs) return false;
  }
  return is_good;
}

/// One transfer: out, then in if n_in is not 0.
bool I2cBus::Transfer(uint8_t device, const uint8_t* out, size_t n_out, uint8_t* in, size_t n_in) {
  FreeBus();
  twim_->PSEL_SCL = scl_.number;
  twim_->PSEL_SDA = sda_.number;
  twim_->FREQUENCY = frequency_;
  twim_->ADDRESS = device;
  twim_->ENABLE = kTwimEnabled;
  twim_->EVENTS_STOPPED = 0;
  twim_->EVENTS_ERROR = 0;
  twim_->ERRORSRC = twim_->ERRORSRC;
  twim_->TXD_PTR = reinterpret_cast<uint32_t>(out);
  twim_->TXD_MAXCNT = n_out;
  twim_->RXD_PTR = reinterpret_cast<uint32_t>(in);
  twim_->RXD_MAXCNT = n_in;
  if (n_out == 0) {
    twim_->SHORTS = kLastRxStop;
    twim_->TASKS_STARTRX = 1;
  } else {
    twim_->SHORTS = n_in == 0 ? kLastTxStop : kLastTxStartRx | kLastRxStop;
    twim_->TASKS_STARTTX = 1;
  }
  const bool is_stopped = WaitForStop();
  const bool is_whole = twim_->TXD_AMOUNT == n_out && (n_in == 0 || twim_->RXD_AMOUNT == n_in);
  twim_->ENABLE = 0;
  return is_stopped && (is_whole || n_out == 0);
}

bool I2cBus::Read(uint8_t device, uint8_t first_register, uint8_t* data, size_t n) {
  buffer_[0] = first_register;
  if (reads_ == Reads::kRepeatedStart) return Transfer(device, buffer_, 1, data, n);
  return Transfer(device, buffer_, 1, nullptr, 0) && Transfer(device, nullptr, 0, data, n);
}

bool I2cBus::Write(uint8_t device, uint8_t register_address, const uint8_t* data, size_t n) {
  if (n > sizeof(buffer_) - 1) return false;
  buffer_[0] = register_address;
  std::memcpy(buffer_ + 1, data, n);
  const bool is_written = Transfer(device, buffer_, n + 1, nullptr, 0);
  if (reads_ == Reads::kStopBetween) WaitMs(kSccbPauseMs);
  return is_written;
}

bool LineRises(Pin pin, bool with_pull_up) {
  pin.Drive(false);
  Configure(pin, kOutput);
  WaitUs(10);
  pin.Configure(with_pull_up ? kPullUp : kInput);
  WaitMs(1);
  const bool is_high = pin.is_high();
  pin.Drive(true);
  Configure(pin, kInput);
  return is_high;
}

RegisterBus& SensorBus() {
  // 250 kHz: at 400 kHz this TWIM keeps the clock low for less time than I2C requires (nRF52840 errata, 219).
  static I2cBus bus(TWIM1, kSensorSda, kSensorScl, k250KHz, I2cBus::Reads::kRepeatedStart);
  return bus;
}

}  // namespace tinyhost::hal
