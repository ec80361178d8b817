#pragma once

#include <cstddef>
#include <cstdint>

#include "drivers/register_bus.h"
#include "drivers/stream_test.h"
#include "hal/self_test.h"

namespace tinyhost {

using WaitMs = void (*)(uint32_t duration_ms);

/// Writes values into a register that does nothing, reads them back, and puts `value_after` into it: kRegisters.
/// Only what holds 8 bits that can be read and written will do.
void TestRegister(RegisterBus* bus, uint8_t device, uint8_t register_address, uint8_t value_after,
                  hal::FindingList* findings);

/// kIdentity, kRegisters and, by the electrostatic force that the chip puts on its own masses, kDeflectionSize for each
/// axis: DocID025715 Rev 3, table 3, and the procedure of ST's examples. The chip is off afterwards. The board must be
/// at rest.
void TestLsm9ds1Chip(RegisterBus* bus, WaitMs wait_ms, hal::FindingList* findings);

/// kIdentity, kRegisters and kDeflection for each axis, datasheet section 4.9 (accelerometer self-test). It must have
/// got its configuration file. Off afterwards, and to be configured anew.
void TestBmi270Chip(RegisterBus* bus, WaitMs wait_ms, hal::FindingList* findings);

/// kMovement, and if the board lay still kGravity. `scale`: g of one count.
void TestGravity(const StreamTotals& totals, float scale, hal::FindingList* findings);

/// kRotation for each axis, of samples of acceleration and rotation, in hal::kRotationScale; skipped while it turns.
void TestRotation(const StreamTotals& totals, hal::FindingList* findings);

}  // namespace tinyhost
