#pragma once

#include <cstdint>

namespace tinyhost::hal {

/// "rev 1" or "rev 2", told by the motion sensor; "" if neither answers.
const char* AccelerometerRevision();

/// While it is on, its interrupt must not wait for longer than a block lasts: 16 ms.
bool MicrophoneIsOn();
/// What the vector of the PDM peripheral calls.
void OnPdmInterrupt();

/// Busy all the time.
void WaitMs(uint32_t duration_ms);
void WaitUs(uint32_t duration_us);

/// The red LED, from any state of the program.
void ShowRed();

}  // namespace tinyhost::hal
