#pragma once

namespace tinyhost::hal {

/// Called once by CoreBegin: starts the crystal oscillator and the cycle counter, and prepares the flash controller.
void ClockBegin();
void FlashBegin();

/// Keeps track of the cycle counter, which wraps after 67 s of a running core. Must be called at least twice a minute.
void KeepTicks();

}  // namespace tinyhost::hal
