#pragma once

/// What each of the two ways to build the Nano's firmware implements, on the chip itself (boards/nano33ble) and on
/// Arduino's core (boards/nano33ble_arduino), besides hal/clock.h, hal/flash.h and hal/link.h.
namespace tinyhost::hal {

/// Starts clocks, flash and USB. Called once by BoardBegin.
void CoreBegin();

/// Restarts the program, or starts the bootloader.
[[noreturn]] void Restart(bool bootloader);

}  // namespace tinyhost::hal
