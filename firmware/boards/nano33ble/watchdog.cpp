// Not the nRF52840's own watchdog: once started it runs on through the restart into the bootloader, which does not feed
// it, and would end an upload in the middle. An interrupt sees whether the loop still turns.
#include "boards/nano33ble/watchdog.h"

#include <atomic>

#include "boards/nano33ble/core.h"
#include "drivers/Ticker.h"
#include "platform/mbed_interface.h"

namespace tinyhost::hal {
namespace {

constexpr uint32_t kPatienceS = 30;  // erasing a slot takes 7 s, the largest model's run some more

std::atomic<uint32_t> n_silent_s{0};

constexpr uint32_t kRedLed = 1u << 24, kGreenLed = 1u << 16, kBlueLed = 1u << 6;  // of P0, active low
constexpr uint32_t kRedTurns = 10'000'000;                                        // about a second

void OnSecond() {
  if (n_silent_s.fetch_add(1) >= kPatienceS) NVIC_SystemReset();
}

}  // namespace

void StartWatchdog() {
  static mbed::Ticker ticker;
  ticker.attach(OnSecond, std::chrono::seconds(1));
}

void FeedWatchdog() { n_silent_s.store(0); }

}  // namespace tinyhost::hal

// Where faults, failed asserts and RTOS errors end. Mbed's own (weak, platform/source/mbed_board.c) blinks without end
// with interrupts off: no watchdog and no touch would end that.
extern "C" void mbed_die() {
  using namespace tinyhost::hal;
  __disable_irq();
  NRF_P0->OUTSET = kGreenLed | kBlueLed;
  NRF_P0->OUTCLR = kRedLed;
  NRF_P0->DIRSET = kRedLed | kGreenLed | kBlueLed;
  for (volatile uint32_t i = 0; i < kRedTurns; i = i + 1) {
  }
  NVIC_SystemReset();
}
