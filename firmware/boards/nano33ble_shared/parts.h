#pragma once

#include <cstdint>

namespace tinyhost::hal {

/// "rev 1" or "rev 2", told by the motion sensor; "" if neither sensor answers.
const char* AccelerometerRevision();

/// While it is on, its interrupt must not wait longer than a block lasts: 16 ms.
bool MicrophoneIsOn();
/// The handler for the vector of the PDM peripheral.
void OnPdmInterrupt();

/// Waits in a busy loop.
void WaitMs(uint32_t duration_ms);
void WaitUs(uint32_t duration_us);

/// Switches the red LED on, whatever state the program is in.
void ShowRed();

}  // namespace tinyhost::hal
