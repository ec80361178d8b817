#include "boards/nano33ble_shared/parts.h"
#include "hal/clock.h"

namespace tinyhost::hal {

void WaitUs(uint32_t duration_us) {
  const uint64_t start_us = MicrosNow();
  while (MicrosNow() - start_us <= duration_us) {
  }
}

void WaitMs(uint32_t duration_ms) { WaitUs(duration_ms * 1000); }

}  // namespace tinyhost::hal
