#pragma once

namespace tinyhost::hal {

/// Starts the cycle counter. Called once by BoardBegin.
void ClockBegin();

/// Prepares the flash controller. Called once by BoardBegin.
void FlashBegin();

}  // namespace tinyhost::hal
