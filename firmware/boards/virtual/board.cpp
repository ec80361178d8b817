#include "hal/board.h"

#include <cstring>

#include "boards/virtual/host_file.h"

namespace tinyhost::hal {
namespace {

constexpr size_t kIdBytes = 36;
constexpr size_t kLedBytes = 12;

const char* LedName(LedState state) {
  switch (state) {
    case LedState::kBooting:
      return "booting";
    case LedState::kIdle:
      return "idle";
    case LedState::kSession:
      return "session";
    case LedState::kDetected:
      return "detected";
    case LedState::kFault:
      return "fault";
  }
  return "?";
}

}  // namespace

const char* BoardRevision() { return ""; }

// Kept in the file `boots` of the state folder, which also holds a virtual board's flash, so it outlives every start.
uint32_t BootNumber() {
  static uint32_t number = 0;
  if (number == 0) {
    int file = host::OpenFile("boots");
    if (file < 0) file = host::CreateFile("boots");
    host::ReadFile(file, 0, &number, sizeof number);
    if (++number == 0) number = 1;
    host::WriteFile(file, 0, &number, sizeof number);
  }
  return number;
}

ResetReason LastReset() { return ResetReason::kUnknown; }

bool LastFault(Fault* /*fault*/) { return false; }

// The host gives every virtual board a unique id when it makes the state folder.
const char* UniqueId() {
  static char id[kIdBytes] = {};
  if (id[0] == '\0') {
    const int file = host::OpenFile("unique_id");
    const size_t n = file < 0 ? 0 : host::ReadFile(file, 0, id, kIdBytes - 1);
    id[n] = '\0';
    if (n == 0) std::strcpy(id, "virtual");
  }
  return id;
}

// The LED is the file `led`: one line, padded with spaces.
void SetLed(LedState state) {
  static int file = host::CreateFile("led");
  static LedState shown = LedState::kFault;
  static bool first = true;
  if (!first && state == shown) return;
  first = false;
  shown = state;
  char line[kLedBytes];
  std::memset(line, ' ', sizeof line);
  line[kLedBytes - 1] = '\n';
  std::memcpy(line, LedName(state), std::strlen(LedName(state)));
  if (file >= 0) host::WriteFile(file, 0, line, sizeof line);
}

void Reset(bool /*bootloader: none here*/) { host::Exit(host::kExitReset); }

}  // namespace tinyhost::hal
