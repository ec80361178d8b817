#include "boards/nano33ble_shared/core.h"

#include "boards/nano33ble/clock.h"
#include "boards/nano33ble/interrupts.h"
#include "boards/nano33ble/restart.h"
#include "boards/nano33ble/usb_device.h"
#include "boards/nano33ble_shared/parts.h"
#include "boards/nrf52840/cortex_m4.h"

namespace tinyhost::hal {
namespace {

// Arduino's bootloader stays active if it finds this value: bootloaders/nano33ble of its core.
constexpr uint32_t kStayInBootloader = 0xB0;
constexpr uint32_t kLastPacketMs = 20;  // a host that reads takes a packet every millisecond

}  // namespace

void CoreBegin() {
  ClockBegin();
  cortex_m4::EnableInterrupts();
  UsbBegin();
}

void Restart(bool bootloader) {
  UsbFlush(kLastPacketMs);
  RestartNow(bootloader);
}

void RestartNow(bool bootloader) {
  if (bootloader) nrf52840::POWER->GPREGRET = kStayInBootloader;
  cortex_m4::SystemReset();
}

}  // namespace tinyhost::hal

extern "C" void PdmHandler() { tinyhost::hal::OnPdmInterrupt(); }
