// nRF52840 Product Specification 1.7, section 6.31 (TWIM).
#include "boards/nano33ble/i2c_bus.h"

#include <cstring>

#include "hal/clock.h"

namespace tinyhost::hal {
namespace {

constexpr unsigned long kSccbPauseMs = 1;  // an OV7670 locks up without (Adafruit_OV7670, arch/ov7670.c)
constexpr uint64_t kTimeoutUs = 20'000;    // 224 bytes take 8 ms at 250 kHz

bool IsHigh(PinName pin) { return ((pin < 32 ? NRF_P0->IN : NRF_P1->IN) >> (pin % 32) & 1) != 0; }

/// Open drain with the chip's own pull-up besides the board's.
void Configure(PinName pin, uint32_t direction) {
  NRF_GPIO_Type* port = pin < 32 ? NRF_P0 : NRF_P1;
  port->PIN_CNF[pin % 32] = direction << GPIO_PIN_CNF_DIR_Pos | GPIO_PIN_CNF_PULL_Pullup << GPIO_PIN_CNF_PULL_Pos |
                            GPIO_PIN_CNF_DRIVE_S0D1 << GPIO_PIN_CNF_DRIVE_Pos;
}

void Drive(PinName pin, bool high) {
  NRF_GPIO_Type* port = pin < 32 ? NRF_P0 : NRF_P1;
  (high ? port->OUTSET : port->OUTCLR) = 1u << (pin % 32);
}

}  // namespace

/// A chip that was interrupted in the middle of a byte holds the data line; nine clocks let it finish.
void I2cBus::FreeBus() {
  Drive(scl_, true);
  Configure(scl_, GPIO_PIN_CNF_DIR_Input);
  Configure(sda_, GPIO_PIN_CNF_DIR_Input);
  if (IsHigh(sda_)) return;
  Configure(scl_, GPIO_PIN_CNF_DIR_Output);
  for (int i = 0; i < 9; ++i) {
    Drive(scl_, false);
    delayMicroseconds(5);
    Drive(scl_, true);
    delayMicroseconds(5);
  }
  Configure(scl_, GPIO_PIN_CNF_DIR_Input);
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
  twim_->PSEL.SCL = scl_;
  twim_->PSEL.SDA = sda_;
  twim_->FREQUENCY = frequency_;
  twim_->ADDRESS = device;
  twim_->ENABLE = TWIM_ENABLE_ENABLE_Enabled;
  twim_->EVENTS_STOPPED = 0;
  twim_->EVENTS_ERROR = 0;
  twim_->ERRORSRC = twim_->ERRORSRC;
  twim_->TXD.PTR = reinterpret_cast<uint32_t>(out);
  twim_->TXD.MAXCNT = n_out;
  twim_->RXD.PTR = reinterpret_cast<uint32_t>(in);
  twim_->RXD.MAXCNT = n_in;
  if (n_out == 0) {
    twim_->SHORTS = TWIM_SHORTS_LASTRX_STOP_Msk;
    twim_->TASKS_STARTRX = 1;
  } else {
    twim_->SHORTS =
        n_in == 0 ? TWIM_SHORTS_LASTTX_STOP_Msk : TWIM_SHORTS_LASTTX_STARTRX_Msk | TWIM_SHORTS_LASTRX_STOP_Msk;
    twim_->TASKS_STARTTX = 1;
  }
  const bool is_stopped = WaitForStop();
  const bool is_whole = twim_->TXD.AMOUNT == n_out && (n_in == 0 || twim_->RXD.AMOUNT == n_in);
  twim_->ENABLE = TWIM_ENABLE_ENABLE_Disabled;
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
  if (reads_ == Reads::kStopBetween) delay(kSccbPauseMs);
  return is_written;
}

bool LineRises(PinName pin, bool with_pull_up) {
  NRF_GPIO_Type* port = pin < 32 ? NRF_P0 : NRF_P1;
  Drive(pin, false);
  Configure(pin, GPIO_PIN_CNF_DIR_Output);
  delayMicroseconds(10);
  port->PIN_CNF[pin % 32] = (with_pull_up ? GPIO_PIN_CNF_PULL_Pullup : GPIO_PIN_CNF_PULL_Disabled)
                            << GPIO_PIN_CNF_PULL_Pos;
  delay(1);
  const bool is_high = IsHigh(pin);
  Drive(pin, true);
  Configure(pin, GPIO_PIN_CNF_DIR_Input);
  return is_high;
}

RegisterBus& SensorBus() {
  // 250 kHz: at 400 kHz this TWIM keeps the clock low for less than I2C asks for (nRF52840 errata, 219).
  static I2cBus bus(NRF_TWIM1, digitalPinToPinName(PIN_WIRE_SDA1), digitalPinToPinName(PIN_WIRE_SCL1),
                    TWIM_FREQUENCY_FREQUENCY_K250, I2cBus::Reads::kRepeatedStart);
  return bus;
}

}  // namespace tinyhost::hal
