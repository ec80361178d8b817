// Not the nRF52840's own watchdog: once started it runs on through the restart into the bootloader, which does not feed
// it, and would end an upload in the middle. An interrupt sees whether the loop still turns.
#include "boards/nano33ble/watchdog.h"

#include <atomic>

#include "boards/nano33ble/core.h"
#include "drivers/Ticker.h"

namespace tinyhost::hal {
namespace {

constexpr uint32_t kPatienceS = 30;  // erasing a slot takes 7 s, the largest model's run some more

std::atomic<uint32_t> n_silent_s{0};

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
