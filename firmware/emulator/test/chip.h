#pragma once

#include <doctest/doctest.h>

#include "emulator/cpu/exceptions.h"
#include "emulator/peripherals/peripheral.h"
#include "emulator/system/component.h"

namespace tinyhost::emulator {

/// What every part needs, without a processor: the test takes the program's place.
struct Chip {
  explicit Chip(OscillatorErrors errors = {}, double wrap_in_s = 0) : clock(errors, wrap_in_s) {}

  Clock clock;
  Log log{clock, false};
  Memory memory{log, ""};
  Exceptions exceptions;
  Execution execution;
  System system{clock, log, memory, exceptions, execution};

  /// Lets time pass, and the part act when it is due.
  void Run(Component& part, uint64_t us) {
    const uint64_t end = clock.cycles() + us * Clock::kCyclesPerUs;
    while (part.NextEvent() <= end) {
      clock.AdvanceTo(part.NextEvent());
      part.Tick();
    }
    clock.AdvanceTo(end);
  }
  bool IsPending(const Peripheral& part) const { return exceptions.is_pending(kFirstIrq + part.irq()); }
};

}  // namespace tinyhost::emulator
