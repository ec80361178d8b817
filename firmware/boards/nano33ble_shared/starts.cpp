// The number of this start of the firmware, and its reason. nRF52840 Product Specification 1.7, sections 5.3.7.9 and
// 6.19.
#include "boards/nano33ble_shared/starts.h"

#include "boards/nrf52840/cortex_m4.h"
#include "core/boot_record.h"
#include "core/crc32.h"
#include "hal/board.h"
#include "hal/clock.h"

namespace tinyhost::hal {
namespace {

using namespace nrf52840;

constexpr uint64_t kRandomByteUs = 1'000;        // section 6.19.2: 120 us with bias correction
constexpr uint32_t kMemManageAddress = 1u << 7;  // CFSR.MMARVALID

struct FaultRecord {
  ResetReason reason;  // of the start that follows
  bool is_new;         // no start has happened since
  Fault fault;
};

/// A record with a check that it is valid, and not what the RAM contained when it got power.
struct Checked {
  FaultRecord record;
  uint32_t check;

  uint32_t Crc() const { return ~Crc32(&record, sizeof record); }
};

// Kept through a start: they are in no section that start-up code copies or zeroes.
__attribute__((section(".noinit"))) BootRecord boot;
__attribute__((section(".noinit"))) Checked kept;

uint32_t number = 0;
ResetReason reason = ResetReason::kUnknown;

/// Four bytes of noise, or as many as came: a generator that gives none is not waited for.
uint32_t RandomNumber() {
  RNG->CONFIG = kBiasCorrection;
  RNG->TASKS_START = kTrigger;
  uint32_t random = 0;
  for (int i = 0; i < 4; ++i) {
    RNG->EVENTS_VALRDY = 0;
    const uint64_t start_us = MicrosNow();
    while (RNG->EVENTS_VALRDY == 0 && MicrosNow() - start_us < kRandomByteUs) {
    }
    random = random << 8 | RNG->VALUE;
  }
  RNG->TASKS_STOP = kTrigger;
  return random;
}

ResetReason ReasonOf(uint32_t reasons) {
  if (reasons == 0) return ResetReason::kPowerOn;
  if ((reasons & kResetByPin) != 0) return ResetReason::kPin;  // erratum 136: the other bits are unreliable then
  if ((reasons & kResetByLockup) != 0) return ResetReason::kLockup;
  if ((reasons & kResetByWatchdog) != 0) return ResetReason::kWatchdog;
  if ((reasons & kResetBySoftware) != 0) return kept.record.is_new ? kept.record.reason : ResetReason::kSoftware;
  return ResetReason::kUnknown;
}

}  // namespace

void StartsBegin() {
  number = NextBoot(&boot, RandomNumber());
  if (kept.check != kept.Crc()) kept.record = {};
  const uint32_t reasons = POWER->RESETREAS;  // they accumulate until they are cleared
  POWER->RESETREAS = reasons;
  reason = ReasonOf(reasons);
  kept.record.is_new = false;
  kept.check = kept.Crc();
}

void KeepFault(ResetReason next, uint32_t pc, uint32_t lr) {
  using cortex_m4::SCB;
  const uint32_t cfsr = SCB->CFSR;
  kept.record = {next, true, {pc, lr, cfsr, (cfsr & kMemManageAddress) != 0 ? SCB->MMFAR : SCB->BFAR}};
  kept.check = kept.Crc();
}

uint32_t BootNumber() { return number; }
ResetReason LastReset() { return reason; }

bool LastFault(Fault* fault) {
  if (kept.record.reason == ResetReason::kUnknown) return false;
  *fault = kept.record.fault;
  return true;
}

}  // namespace tinyhost::hal
