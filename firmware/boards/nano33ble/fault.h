#pragma once

#include <cstdint>

#include "core/reset_reason.h"

namespace tinyhost::hal {

/// Stores what is known about the fault, shows red for a second, and restarts. pc: where it happened; lr: the caller.
[[noreturn]] void Die(ResetReason reason, uint32_t pc, uint32_t lr);

/// Reports that an invariant of our own is broken, in the function that calls this.
[[noreturn]] __attribute__((noinline)) void FailedAssertion();

}  // namespace tinyhost::hal
