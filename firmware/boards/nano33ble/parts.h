#pragma once

namespace tinyhost::hal {

/// Starts the cycle counter. Called once by BoardBegin.
void ClockBegin();

/// "rev 1" or "rev 2", told by the motion sensor; "" if neither answers.
const char* AccelerometerRevision();

/// Prepares the flash controller. Called once by BoardBegin.
void FlashBegin();

}  // namespace tinyhost::hal
