#pragma once

/// What the vector table has, by name of the peripheral.
extern "C" {
void FaultHandler();
void PowerClockHandler();
void Timer0Handler();
void PdmHandler();
void UsbdHandler();
}

namespace tinyhost::hal {

/// Smaller is more urgent. The second's tick must see a loop that hangs in another handler.
constexpr unsigned char kTickPriority = 3;
constexpr unsigned char kUsbPriority = 6;  // below the microphone's: a host waits

}  // namespace tinyhost::hal
