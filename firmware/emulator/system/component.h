#pragma once

#include <cstdint>

#include "emulator/system/clock.h"
#include "emulator/system/log.h"
#include "emulator/system/memory.h"

namespace tinyhost::emulator {

/// A part of the chip or of the board that acts on its own.
class Component {
 public:
  virtual ~Component() = default;
  /// Puts it in the state after a reset of the chip.
  virtual void Reset() {}
  /// The cycle at which Tick() must be called; kNever if nothing is pending.
  virtual uint64_t NextEvent() const { return kNever; }
  /// Does what is due. Called at NextEvent(), never much earlier, and later by the duration of the processor's current
  /// block of code.
  virtual void Tick() {}
};

/// The lines to the processor's interrupt controller.
class InterruptLines {
 public:
  virtual ~InterruptLines() = default;
  /// Sets the level of a peripheral's line, which requests an interrupt while it is on.
  virtual void SetLine(int irq, bool is_on) = 0;
};

/// What the processor and the parts around it exchange while code runs.
struct Execution {
  uint32_t block = 0;            ///< address of the block of code that runs
  uint64_t next_event = 0;       ///< the processor stops to let the parts act at this cycle
  uint64_t stalled_until = 0;    ///< the processor waits for flash until then
  bool is_reset_wanted = false;  ///< by AIRCR.SYSRESETREQ or the watchdog
  uint32_t reset_reason = 0;     ///< RESETREAS of a reset that is wanted
  bool is_power_cut = false;     ///< by a cut within a write or an erase
};

/// What every part may use.
struct System {
  Clock& clock;
  Log& log;
  Memory& memory;
  InterruptLines& interrupts;
  Execution& execution;
};

}  // namespace tinyhost::emulator
