#include "hal/clock.h"

#include "boards/nano33ble_arduino/arduino.h"
#include "boards/nano33ble_arduino/begin.h"
#include "drivers/wide_counter.h"
#include "us_ticker_api.h"

namespace tinyhost::hal {
namespace {

WideCounter cycles;

uint32_t ReadCycles() { return DWT->CYCCNT; }

}  // namespace

// Starts the crystal: neither the core nor Mbed does, and the chip's own oscillator is off by some per cent.
void ClockBegin() {
  NRF_CLOCK->TASKS_HFCLKSTART = 1;
  CoreDebug->DEMCR |= CoreDebug_DEMCR_TRCENA_Msk;
  DWT->CYCCNT = 0;
  DWT->CTRL |= DWT_CTRL_CYCCNTENA_Msk;
}

void KeepTicks() { cycles.Keep(ReadCycles()); }

// CYCCNT stands still while the core sleeps.
uint64_t Ticks() { return cycles.Now(ReadCycles); }

const char* TickUnit() { return "cycles"; }
uint32_t TickHz() { return SystemCoreClock; }

uint64_t MicrosNow() { return ticker_read_us(get_us_ticker_data()); }

}  // namespace tinyhost::hal
