#pragma once

#include <cstddef>
#include <cstdint>

namespace tinyhost::hal {

/// Connects as soon as there is power on USB, and from then on whenever it comes back.
void UsbBegin();

/// A program of the host has the port open, and the bus is not suspended.
bool UsbIsOpen();
/// Queues bytes for the host; returns how many there was room for.
size_t UsbQueue(const uint8_t* data, size_t n);
/// Waits until the host has taken what is queued, but no longer than that.
void UsbFlush(uint32_t timeout_ms);

bool UsbHasReceived();
/// Takes up to `max` bytes that the host has sent.
size_t UsbReceive(uint8_t* data, size_t max);

}  // namespace tinyhost::hal
