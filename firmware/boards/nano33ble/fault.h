#pragma once

#include <cstdint>

#include "core/reset_reason.h"

namespace tinyhost::hal {

/// Keeps what is known, shows red for a second, and restarts. pc: where it was; lr: who had called that.
[[noreturn]] void Die(ResetReason reason, uint32_t pc, uint32_t lr);

/// A broken invariant of ours, in the function that calls this.
[[noreturn]] __attribute__((noinline)) void FailedAssertion();

}  // namespace tinyhost::hal
