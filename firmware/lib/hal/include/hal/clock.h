#pragma once

#include <cstdint>

namespace tinyhost::hal {

/// The board's ticks: nanoseconds (native), instructions (m4), CPU cycles (nano33ble). They start at any value, never
/// go back, and never wrap in a session.
uint64_t Ticks();
const char* TickUnit();
/// Ticks per second; 0 where a tick is not a time (m4 counts instructions).
uint32_t TickHz();

/// Microseconds since start.
uint64_t MicrosNow();

/// Sleeps until bytes arrive on the link, but no longer than `timeout_ms`.
void WaitForLink(uint32_t timeout_ms);

}  // namespace tinyhost::hal
