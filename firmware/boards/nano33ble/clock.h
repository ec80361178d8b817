#pragma once

#include <cstdint>

namespace tinyhost::hal {

/// Starts the crystal oscillator and waits for it, then starts the counters of cycles and microseconds.
void ClockBegin();

/// The program restarts if FeedWatchdog() is not called for half a minute.
void StartWatchdog();
void FeedWatchdog();

/// Starts the bootloader a little later, from the timer's interrupt, whatever the program is doing.
void EnterBootloaderSoon();

}  // namespace tinyhost::hal
