// The nRF52840's own watchdog is not used: once started it runs on through the restart into the bootloader, which does
// not feed it, and would abort an upload. Instead, an interrupt checks that the loop still turns.
#include "boards/nano33ble_arduino/watchdog.h"

#include <atomic>

#include "boards/nano33ble_arduino/arduino.h"
#include "boards/nano33ble_arduino/begin.h"
#include "boards/nano33ble_shared/parts.h"
#include "boards/nano33ble_shared/starts.h"
#include "drivers/Ticker.h"
#include "platform/mbed_interface.h"

namespace tinyhost::hal {
namespace {

constexpr uint32_t kPatienceS = 30;  // erasing a slot takes 7 s, the largest model's run a little more

std::atomic<uint32_t> n_silent_s{0};

constexpr uint32_t kRedTurns = 10'000'000;  // about a second

void OnSecond() {
  KeepTicks();
  if (n_silent_s.fetch_add(1) >= kPatienceS) {
    KeepFault(ResetReason::kWatchdog, 0, 0);
    NVIC_SystemReset();
  }
}

}  // namespace

void StartWatchdog() {
  static mbed::Ticker ticker;
  ticker.attach(OnSecond, std::chrono::seconds(1));
}

void FeedWatchdog() { n_silent_s.store(0); }

}  // namespace tinyhost::hal

// Faults, failed asserts and RTOS errors end here. Mbed's own (weak, platform/source/mbed_board.c) blinks forever with
// interrupts off: no watchdog and no touch would end that.
extern "C" void mbed_die() {
  using namespace tinyhost::hal;
  __disable_irq();
  KeepFault(tinyhost::ResetReason::kFault, 0, 0);
  ShowRed();
  for (volatile uint32_t i = 0; i < kRedTurns; i = i + 1) {
  }
  NVIC_SystemReset();
}
