#include "emulator/peripherals/watchdog.h"

#include "emulator/peripherals/clock_power.h"

namespace tinyhost::emulator {
namespace {

constexpr uint32_t kTimeout = 0x100, kRunStatus = 0x400, kRequestStatus = 0x404, kReloadValue = 0x504;
constexpr uint32_t kReloadEnable = 0x508, kReload = 0x600;
constexpr uint32_t kReloadKey = 0x6e524635;

}  // namespace

Watchdog::Watchdog(System system)
    : Peripheral(system, "WDT", 0x40010000,
                 {{0x000, Access::kTask},
                  {0x100, Access::kEvent},
                  {0x304, Access::kReadWrite, 2},
                  {0x400, Access::kRead, 2},
                  {0x504, Access::kReadWrite, 1, 0xffffffff},
                  {0x508, Access::kReadWrite, 2, 1},
                  {0x600, Access::kWrite, 8}}) {}

void Watchdog::Stop() {
  Peripheral::Reset();
  due_ = kNever;
}

void Watchdog::Feed() {
  awaited_ = at(kReloadEnable) & 0xff;
  const double ns = (static_cast<double>(at(kReloadValue)) + 1) / system_.clock.lfclk_hz() * 1e9;
  due_ = system_.clock.CyclesAt(system_.clock.TrueNs() + static_cast<uint64_t>(ns));
}

void Watchdog::OnTask(uint32_t) {
  if (due_ == kNever) Feed();
}

void Watchdog::OnWrite(uint32_t offset, uint32_t value) {
  if (offset < kReload) {
    if (due_ != kNever) return system_.log.Defect("WDT: offset 0x%03x written while it runs (6.36.4)", offset);
    at(offset) = value;
    return;
  }
  if (value == kReloadKey) awaited_ &= ~(1u << ((offset - kReload) / 4));
  if (due_ != kNever && awaited_ == 0) Feed();
}

uint32_t Watchdog::OnRead(uint32_t offset) {
  if (offset == kRunStatus) return due_ == kNever ? 0 : 1;
  return offset == kRequestStatus ? awaited_ : at(offset);
}

void Watchdog::Tick() {
  if (system_.clock.cycles() < due_) return;
  due_ = kNever;
  Raise(kTimeout);
  system_.log.Say("the watchdog was not fed");
  system_.execution.is_reset_wanted = true;
  system_.execution.reset_reason = ClockPower::kByWatchdog;
}

}  // namespace tinyhost::emulator
