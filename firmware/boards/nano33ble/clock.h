#pragma once

#include <cstdint>

namespace tinyhost::hal {

/// Starts the crystal oscillator and waits for it, then what counts cycles and microseconds.
void ClockBegin();

/// The program restarts if FeedWatchdog() is not called for half a minute.
void StartWatchdog();
void FeedWatchdog();

/// Starts the bootloader a little later, from the timer's interrupt, whatever the program does.
void EnterBootloaderSoon();

}  // namespace tinyhost::hal
