#pragma once

#include <cstdint>

#include "core/reset_reason.h"

namespace tinyhost::hal {

/// Reads what the previous run has left: why it ended, and its number. Called once by BoardBegin.
void StartsBegin();

/// Stores in memory that outlives a reset why the program ends now: kFault, or kWatchdog. pc, lr: 0 if unknown.
void KeepFault(ResetReason reason, uint32_t pc, uint32_t lr);

}  // namespace tinyhost::hal
