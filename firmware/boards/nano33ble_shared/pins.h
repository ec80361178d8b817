#pragma once

#include <cstdint>

#include "boards/nrf52840/registers.h"

/// The pins of the Arduino Nano 33 BLE Sense, from its schematic and pins_arduino.h of Arduino's core.
namespace tinyhost::hal {

/// A pin of the chip, numbered as in PSEL registers: 0 to 31 are P0.00 to P0.31, 32 to 47 are P1.00 to P1.15.
struct Pin {
  uint8_t number;

  uint32_t mask() const { return 1u << (number % 32); }
  nrf52840::Peripheral<nrf52840::GpioBlock> port() const { return number < 32 ? nrf52840::P0 : nrf52840::P1; }
  void Configure(uint32_t configuration) const { port()->PIN_CNF[number % 32] = configuration; }
  void Drive(bool high) const { (high ? port()->OUTSET : port()->OUTCLR) = mask(); }
  bool is_high() const { return (port()->IN & mask()) != 0; }
};

constexpr Pin kRedLed{24};  // active low
constexpr Pin kGreenLed{16};
constexpr Pin kBlueLed{6};
constexpr Pin kPowerLed{32 + 9};

constexpr Pin kSensorPower{22};
constexpr Pin kSensorPullUps{32 + 0};
constexpr Pin kSensorSda{14};
constexpr Pin kSensorScl{15};

constexpr Pin kMicrophonePower{17};
constexpr Pin kMicrophoneClock{26};
constexpr Pin kMicrophoneData{25};

// A6, A3 and A2: one bit of hal::Stage each, from this pin on: docs/guides/measuring.md.
constexpr uint32_t kFirstMarkerPin = 28;

constexpr Pin kCameraSda{31};  // A4
constexpr Pin kCameraScl{2};   // A5

}  // namespace tinyhost::hal
