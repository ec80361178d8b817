#pragma once

/// What the Nano's firmware has once for each way to build it: on the chip itself (boards/nano33ble) and on Arduino's
/// core (boards/nano33ble_arduino); besides hal/clock.h, hal/flash.h and hal/link.h.
namespace tinyhost::hal {

/// Starts clocks, flash and USB. Called once by BoardBegin.
void CoreBegin();

/// Starts the program anew, or the bootloader.
[[noreturn]] void Restart(bool bootloader);

}  // namespace tinyhost::hal
