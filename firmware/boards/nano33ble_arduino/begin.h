#pragma once

namespace tinyhost::hal {

/// Called once by CoreBegin: they start the crystal oscillator and the cycle counter, and prepare the flash controller.
void ClockBegin();
void FlashBegin();

/// Keeps track of the cycle counter, which wraps after 67 s of a running core. At least twice a minute.
void KeepTicks();

}  // namespace tinyhost::hal
