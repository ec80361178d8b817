// Which start of the firmware this is, and why. nRF52840 Product Specification 1.7, sections 5.3.7.9 and 6.19.
#include "boards/nano33ble/core.h"
#include "core/boot_record.h"
#include "hal/board.h"

namespace tinyhost::hal {
namespace {

// Nothing clears it at a start: it is in no section that start-up code copies or zeroes.
__attribute__((section(".noinit"))) BootRecord record;

// The register gathers reasons until it is cleared.
uint32_t TakeReasons() {
  const uint32_t reasons = NRF_POWER->RESETREAS;
  NRF_POWER->RESETREAS = reasons;
  return reasons;
}

uint32_t RandomNumber() {
  NRF_RNG->CONFIG = RNG_CONFIG_DERCEN_Enabled << RNG_CONFIG_DERCEN_Pos;
  NRF_RNG->TASKS_START = 1;
  uint32_t number = 0;
  for (int i = 0; i < 4; ++i) {
    NRF_RNG->EVENTS_VALRDY = 0;
    while (NRF_RNG->EVENTS_VALRDY == 0) {
    }
    number = number << 8 | NRF_RNG->VALUE;
  }
  NRF_RNG->TASKS_STOP = 1;
  return number;
}

}  // namespace

uint32_t BootNumber() {
  static const uint32_t number = NextBoot(&record, RandomNumber());
  return number;
}

ResetReason LastReset() {
  static const uint32_t reasons = TakeReasons();
  if (reasons == 0) return ResetReason::kPowerOn;
  if (reasons & POWER_RESETREAS_LOCKUP_Msk) return ResetReason::kLockup;
  if (reasons & POWER_RESETREAS_DOG_Msk) return ResetReason::kWatchdog;
  if (reasons & POWER_RESETREAS_SREQ_Msk) return ResetReason::kSoftware;
  return reasons & POWER_RESETREAS_RESETPIN_Msk ? ResetReason::kPin : ResetReason::kUnknown;
}

bool LastFault(Fault* /*fault*/) { return false; }

}  // namespace tinyhost::hal
