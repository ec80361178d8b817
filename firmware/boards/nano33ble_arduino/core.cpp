#include "boards/nano33ble_shared/core.h"

#include "boards/nano33ble_arduino/arduino.h"
#include "boards/nano33ble_arduino/begin.h"
#include "boards/nano33ble_shared/parts.h"
#include "cmsis_os2.h"

namespace tinyhost::hal {
namespace {

constexpr unsigned long kLastPacketMs = 10;  // send_nb() returned while it was on its way; a host polls every ms

}  // namespace

void CoreBegin() {
  ClockBegin();
  FlashBegin();
  // The core's thread that answers a touch with 1200 baud has normal priority. The app runs below it and cannot starve
  // it.
  osThreadSetPriority(osThreadGetId(), osPriorityBelowNormal);
}

void Restart(bool bootloader) {
  delay(kLastPacketMs);
  if (bootloader) _ontouch1200bps_();  // the core's answer to a touch with 1200 baud; it does not return
  NVIC_SystemReset();
}

}  // namespace tinyhost::hal

// The handler's name in the core's vector table.
extern "C" __attribute__((used)) void PDM_IRQHandler_v() { tinyhost::hal::OnPdmInterrupt(); }
