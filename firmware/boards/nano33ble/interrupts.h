#pragma once

/// The handlers in the vector table, named after their peripherals.
extern "C" {
void FaultHandler();
void PowerClockHandler();
void Timer0Handler();
void PdmHandler();
void UsbdHandler();
}

namespace tinyhost::hal {

/// A smaller number is more urgent. The tick must notice a loop that hangs in another handler.
constexpr unsigned char kTickPriority = 3;
constexpr unsigned char kUsbPriority = 6;  // below the microphone's: a host waits

}  // namespace tinyhost::hal
