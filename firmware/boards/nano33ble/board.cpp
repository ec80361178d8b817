// The board `nano33ble`: Arduino Nano 33 BLE Sense, revisions 1 and 2, on Arduino's mbed core.
#include "hal/board.h"

#include <cstdio>

#include "boards/nano33ble/core.h"
#include "boards/nano33ble/parts.h"
#include "cmsis_os2.h"

namespace tinyhost::hal {
namespace {

constexpr unsigned long kLastPacketMs = 10;  // send_nb() returned while it was on its way; a host polls every ms

// The RGB LED is active low.
void SetColour(bool red, bool green, bool blue) {
  digitalWrite(LEDR, red ? LOW : HIGH);
  digitalWrite(LEDG, green ? LOW : HIGH);
  digitalWrite(LEDB, blue ? LOW : HIGH);
}

}  // namespace

void BoardBegin() {
  // Mbed leaves the instruction cache off: nRF52840 Product Specification 1.7, section 4.3.6.
  NRF_NVMC->ICACHECNF = NVMC_ICACHECNF_CACHEEN_Enabled << NVMC_ICACHECNF_CACHEEN_Pos;
  for (const int pin : {LEDR, LEDG, LEDB}) pinMode(pin, OUTPUT);
  SetLed(LedState::kBooting);
  ClockBegin();
  FlashBegin();
  // The core's thread that answers a touch with 1200 baud has normal priority: below it, no app can starve it.
  osThreadSetPriority(osThreadGetId(), osPriorityBelowNormal);
}

const char* BoardName() { return "nano33ble"; }

// Revisions differ in their motion sensor, and nowhere else that firmware could see.
const char* BoardRevision() { return AccelerometerRevision(); }

// The number that the board has on USB, too: variants/ARDUINO_NANO33BLE/variant.cpp of the Arduino core.
const char* UniqueId() {
  static char id[17] = {};
  if (id[0] == '\0') {
    std::snprintf(id, sizeof id, "%08lX%08lX", static_cast<unsigned long>(NRF_FICR->DEVICEADDR[1]),
                  static_cast<unsigned long>(NRF_FICR->DEVICEADDR[0]));
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

void Reset(bool bootloader) {
  delay(kLastPacketMs);
  if (bootloader) _ontouch1200bps_();  // what a touch with 1200 baud does; it does not return
  NVIC_SystemReset();
}

bool PowerOff() { return false; }

}  // namespace tinyhost::hal
