// Time: TIMER0 counts microseconds of the crystal oscillator, CYCCNT the processor's cycles. Both wrap, and a tick
// every second keeps track of that. The tick is also the watchdog. The nRF52840's own watchdog is not used: once
// started it runs on through the restart into the bootloader, which does not feed it, and would abort an upload.
#include "boards/nano33ble/clock.h"

#include <atomic>

#include "boards/nano33ble/fault.h"
#include "boards/nano33ble/interrupts.h"
#include "boards/nano33ble/restart.h"
#include "boards/nano33ble/usb_device.h"
#include "boards/nrf52840/cortex_m4.h"
#include "drivers/wide_counter.h"
#include "hal/clock.h"

namespace tinyhost::hal {
namespace {

using namespace nrf52840;

constexpr uint32_t kCoreHz = 64'000'000;
constexpr uint32_t kCrystalTimeoutCycles = kCoreHz / 20;  // 50 ms; section 5.4.4.2: 0.36 ms with this board's crystal
constexpr uint32_t kSecondUs = 1'000'000;
constexpr uint32_t kTouchUs = 20'000;  // the host's last request ends within this time
constexpr uint32_t kPatienceS = 30;    // erasing a slot takes 7 s, the largest model's run a little more

enum Channel : uint32_t { kNow, kTick, kAlarm, kTouch };

WideCounter microseconds;
WideCounter cycles;
std::atomic<uint32_t> n_silent_s{0};
bool is_watched = false;

uint32_t ReadTimer() {
  TIMER0->TASKS_CAPTURE[kNow] = kTrigger;
  return TIMER0->CC[kNow];
}
uint32_t ReadCycles() { return cortex_m4::DWT->CYCCNT; }

void Arm(Channel channel, uint32_t from_now_us) {
  TIMER0->EVENTS_COMPARE[channel] = 0;
  TIMER0->CC[channel] = ReadTimer() + from_now_us;
  TIMER0->INTENSET = CompareInterrupt(channel);
}

/// A channel that is not armed also has an event whenever the counter passes its last value, or 0.
bool TakeEvent(Channel channel) {
  if (TIMER0->EVENTS_COMPARE[channel] == 0 || (TIMER0->INTENSET & CompareInterrupt(channel)) == 0) return false;
  TIMER0->EVENTS_COMPARE[channel] = 0;
  return true;
}

/// If no crystal starts, the program goes on with a clock that is off by some per cent: better than a silent board.
void StartCrystal() {
  CLOCK->EVENTS_HFCLKSTARTED = 0;
  CLOCK->TASKS_HFCLKSTART = kTrigger;
  const uint32_t start = ReadCycles();
  while (CLOCK->EVENTS_HFCLKSTARTED == 0 && ReadCycles() - start < kCrystalTimeoutCycles) {
  }
}

void StartCycles() {
  using namespace cortex_m4;
  DEBUG->DEMCR |= kTraceEnabled;
  DWT->CYCCNT = 0;
  DWT->CTRL |= kCycleCounterEnabled;
}

void StartTimer() {
  TIMER0->TASKS_STOP = kTrigger;
  TIMER0->INTENCLR = ~0u;
  TIMER0->SHORTS = 0;
  TIMER0->MODE = 0;
  TIMER0->BITMODE = k32Bit;
  TIMER0->PRESCALER = k16MHzBy16;
  TIMER0->TASKS_CLEAR = kTrigger;
  TIMER0->TASKS_START = kTrigger;
  Arm(kTick, kSecondUs);
  cortex_m4::EnableInterrupt(kTimer0Irq, kTickPriority);
}

}  // namespace

void ClockBegin() {
  StartCycles();
  StartCrystal();
  StartTimer();
}

void StartWatchdog() { is_watched = true; }
void FeedWatchdog() { n_silent_s.store(0, std::memory_order_relaxed); }
void EnterBootloaderSoon() { Arm(kTouch, kTouchUs); }

uint64_t Ticks() { return cycles.Now(ReadCycles); }
const char* TickUnit() { return "cycles"; }
uint32_t TickHz() { return kCoreHz; }

uint64_t MicrosNow() { return microseconds.Now(ReadTimer); }

/// Interrupts are off while it decides to sleep, so that none can come in between; a pending one ends the sleep.
void WaitForLink(uint32_t timeout_ms) {
  const uint64_t end_us = MicrosNow() + uint64_t{timeout_ms} * 1000;
  Arm(kAlarm, timeout_ms * 1000);
  while (!UsbHasReceived() && MicrosNow() < end_us) {
    const cortex_m4::InterruptLock lock;
    if (!UsbHasReceived() && MicrosNow() < end_us) cortex_m4::WaitForInterrupt();
  }
  TIMER0->INTENCLR = CompareInterrupt(kAlarm);
}

}  // namespace tinyhost::hal

/// pc and lr of the program that the tick has interrupted.
extern "C" __attribute__((used)) void OnTimer0(const uint32_t* frame) {
  using namespace tinyhost;
  using namespace tinyhost::hal;
  TakeEvent(kAlarm);  // its only purpose is to end a sleep
  if (TakeEvent(kTouch)) RestartNow(true);
  if (!TakeEvent(kTick)) return;
  TIMER0->CC[kTick] = TIMER0->CC[kTick] + kSecondUs;
  microseconds.Keep(ReadTimer());
  cycles.Keep(ReadCycles());
  if (is_watched && n_silent_s.fetch_add(1, std::memory_order_relaxed) >= kPatienceS) {
    Die(ResetReason::kWatchdog, frame[6], frame[5]);
  }
}

extern "C" __attribute__((naked)) void Timer0Handler() { __asm__ volatile("mov r0, sp\n b OnTimer0\n"); }
