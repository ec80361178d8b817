#pragma once

#include <cstdint>

namespace tinyhost::hal {

/// Called once, before anything else of the hal.
void BoardBegin();

const char* BoardName();
const char* BoardRevision();  // "" if it has none
const char* UniqueId();       // of this one board, at most 35 characters

const char* FirmwareVersion();  // as in pyproject.toml
const char* BuildId();          // first 16 hex digits of the SHA-256 over the firmware's sources and flags

enum class LedState : uint8_t { kBooting, kIdle, kSession, kDetected, kFault };
void SetLed(LedState state);

/// Restarts the firmware, or enters the bootloader where there is one.
[[noreturn]] void Reset(bool bootloader);

/// True on boards that are powered down by their host: then the app's loop returns.
bool PowerOff();

}  // namespace tinyhost::hal
