#include "hal/clock.h"

#include "boards/nano33ble/core.h"
#include "boards/nano33ble/parts.h"
#include "us_ticker_api.h"

namespace tinyhost::hal {

void ClockBegin() {
  CoreDebug->DEMCR |= CoreDebug_DEMCR_TRCENA_Msk;
  DWT->CYCCNT = 0;
  DWT->CTRL |= DWT_CTRL_CYCCNTENA_Msk;
}

// CYCCNT wraps after 67 s of a running core and stands still while it sleeps. MicrosNow() is called all the time, and
// reads it.
uint64_t Ticks() {
  static uint32_t last = 0;
  static uint64_t cycles = 0;
  const uint32_t now = DWT->CYCCNT;
  cycles += now - last;  // modulo 2^32
  last = now;
  return cycles;
}

const char* TickUnit() { return "cycles"; }
uint32_t TickHz() { return SystemCoreClock; }

uint64_t MicrosNow() {
  Ticks();
  return ticker_read_us(get_us_ticker_data());
}

}  // namespace tinyhost::hal
