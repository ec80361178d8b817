#pragma once

#include <cstdint>

#include "core/reset_reason.h"

namespace tinyhost::hal {

/// Called once, before any other function of the hal.
void BoardBegin();

const char* BoardName();
const char* BoardRevision();  // "" if it has none
const char* UniqueId();       // of this one board, at most 35 characters

const char* FirmwareVersion();  // as in platformio.ini
const char* BuildId();          // first 16 hex digits of the SHA-256 over the firmware's sources and flags

/// The number of this start of the firmware, never 0: different after every start, whatever caused it.
uint32_t BootNumber();
ResetReason LastReset();

/// The registers of a Cortex-M4 after a fault, as in its Technical Reference Manual.
struct Fault {
  uint32_t pc;
  uint32_t lr;
  uint32_t cfsr;
  uint32_t address;  // MMFAR or BFAR, if cfsr says that it is valid
};
/// Returns false if there was none since power-on, or the board keeps none.
bool LastFault(Fault* fault);

enum class LedState : uint8_t { kBooting, kIdle, kSession, kDetected, kFault };
void SetLed(LedState state);

/// Restarts the firmware, or enters the bootloader where there is one.
[[noreturn]] void Reset(bool bootloader);

/// True on boards that their host powers down: then the app's loop returns.
bool PowerOff();

}  // namespace tinyhost::hal
