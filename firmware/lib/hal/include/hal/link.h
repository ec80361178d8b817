#pragma once

#include <cstddef>
#include <cstdint>

namespace tinyhost::hal {

/// Takes up to `max` received bytes; returns how many; never waits.
size_t LinkRead(uint8_t* data, size_t max);

/// Sends bytes; returns how many were taken, fewer than `n` only if the host took none for `timeout_ms`.
size_t LinkWrite(const uint8_t* data, size_t n, uint32_t timeout_ms);

}  // namespace tinyhost::hal
