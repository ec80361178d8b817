#pragma once

#include <cstddef>
#include <cstdint>

#include "drivers/register_bus.h"
#include "drivers/stream_test.h"
#include "hal/self_test.h"

namespace tinyhost {

using WaitMs = void (*)(uint32_t duration_ms);

/// Finds kRegisters: writes values into a register without effect, reads them back, and leaves `value_after` in it. All
/// 8 bits of the register must be readable and writable.
void TestRegister(RegisterBus* bus, uint8_t device, uint8_t register_address, uint8_t value_after,
                  hal::FindingList* findings);

/// Finds kIdentity, kRegisters and kDeflectionSize for each axis, where the chip deflects its own masses by
/// electrostatic force: DocID025715 Rev 3, table 3, and the procedure of ST's examples. The chip is off afterwards. The
/// board must be at rest.
void TestLsm9ds1Chip(RegisterBus* bus, WaitMs wait_ms, hal::FindingList* findings);

/// Finds kIdentity, kRegisters and kDeflection for each axis, datasheet section 4.9 (accelerometer self-test). The chip
/// must have got its configuration file. It is off afterwards and must be configured again.
void TestBmi270Chip(RegisterBus* bus, WaitMs wait_ms, hal::FindingList* findings);

/// Finds kMovement, and kGravity if the board lay still. `scale` is the g of one count.
void TestGravity(const StreamTotals& totals, float scale, hal::FindingList* findings);

/// Finds kRotation for each axis, from samples of acceleration and rotation in hal::kRotationScale; skipped while the
/// board turns.
void TestRotation(const StreamTotals& totals, hal::FindingList* findings);

}  // namespace tinyhost
