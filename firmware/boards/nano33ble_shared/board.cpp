// The board `nano33ble`: Arduino Nano 33 BLE Sense, revisions 1 and 2.
#include "hal/board.h"

#include "boards/nano33ble_shared/core.h"
#include "boards/nano33ble_shared/parts.h"
#include "boards/nano33ble_shared/pins.h"
#include "boards/nano33ble_shared/starts.h"
#include "hal/marker.h"

namespace tinyhost::hal {
namespace {

using namespace nrf52840;

constexpr uint32_t kMarkerPins = 7u << kFirstMarkerPin;

void SetColour(bool red, bool green, bool blue) {
  kRedLed.Drive(!red);
  kGreenLed.Drive(!green);
  kBlueLed.Drive(!blue);
}

void SwitchOn(Pin pin) {
  pin.Drive(true);
  pin.Configure(kOutput);
}

/// P1.00 supplies the pull-ups of the sensors' bus; the trace port may have taken it: section 6.9.1 and 5.4.3.12.
void PinsBegin() {
  CLOCK->TRACECONFIG = 0;
  SwitchOn(kPowerLed);
  SwitchOn(kSensorPullUps);
  SwitchOn(kSensorPower);
  SwitchOn(kRedLed);  // with all three on, the light looks off
  SwitchOn(kGreenLed);
  SwitchOn(kBlueLed);
  P0->DIRSET = kMarkerPins;
}

}  // namespace

void BoardBegin() {
  NVMC->ICACHECNF = kCacheEnabled;  // off after a reset, and under Mbed: section 4.3.5
  PinsBegin();
  SetLed(LedState::kBooting);
  CoreBegin();
  StartsBegin();
}

const char* BoardName() { return "nano33ble"; }

// The firmware can tell the revisions apart only by their motion sensor.
const char* BoardRevision() { return AccelerometerRevision(); }

// The number that the board also has on USB, with Arduino's core and with the bootloader.
const char* UniqueId() {
  static char id[17] = {};
  if (id[0] == '\0') {
    for (int digit = 0; digit < 16; ++digit) {
      const uint32_t word = FICR->DEVICEADDR[digit < 8 ? 1 : 0];
      id[digit] = "0123456789ABCDEF"[word >> (28 - digit % 8 * 4) & 15];
    }
  }
  return id;
}

void SetLed(LedState state) {
  switch (state) {
    case LedState::kBooting:
      return SetColour(true, true, true);
    case LedState::kIdle:
      return SetColour(false, false, false);
    case LedState::kSession:
      return SetColour(false, false, true);
    case LedState::kDetected:
      return SetColour(false, true, false);
    case LedState::kFault:
      return SetColour(true, false, false);
  }
}

void Mark(Stage stage) {
  P0->OUTCLR = kMarkerPins;
  P0->OUTSET = static_cast<uint32_t>(stage) << kFirstMarkerPin;
}

void ShowRed() {
  PinsBegin();
  SetColour(true, false, false);
}

void Reset(bool bootloader) { Restart(bootloader); }

bool PowerOff() { return false; }

}  // namespace tinyhost::hal
