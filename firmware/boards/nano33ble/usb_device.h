#pragma once

#include <cstddef>
#include <cstdint>

namespace tinyhost::hal {

/// Connects as soon as USB has power, and again whenever the power comes back.
void UsbBegin();

/// Whether a program of the host has the port open and the bus is not suspended.
bool UsbIsOpen();
/// Queues bytes for the host; returns how many fit.
size_t UsbQueue(const uint8_t* data, size_t n);
/// Waits until the host has taken all queued bytes, at most for the timeout.
void UsbFlush(uint32_t timeout_ms);

bool UsbHasReceived();
/// Takes up to `max` bytes that the host has sent.
size_t UsbReceive(uint8_t* data, size_t max);

}  // namespace tinyhost::hal
