#include "emulator/peripherals/rng.h"

namespace tinyhost::emulator {
namespace {

constexpr uint32_t kStart = 0x000, kReady = 0x100, kConfig = 0x504, kValue = 0x508;
constexpr int kReadyStops = 0;
constexpr uint64_t kCyclesPerByte = 30 * Clock::kCyclesPerUs;          // 6.19.4
constexpr uint64_t kCyclesPerUniformByte = 120 * Clock::kCyclesPerUs;  // with bias correction

}  // namespace

Rng::Rng(System system)
    : Peripheral(system, "RNG", 0x4000d000,
                 {{0x000, Access::kTask, 2},
                  {0x100, Access::kEvent},
                  {0x200, Access::kReadWrite},
                  {0x304, Access::kReadWrite, 2},
                  {0x504, Access::kReadWrite},
                  {0x508, Access::kRead}}) {}

void Rng::Reset() {
  Peripheral::Reset();
  due_ = kNever;
}

void Rng::OnTask(uint32_t offset) {
  const uint64_t period = (at(kConfig) & 1) != 0 ? kCyclesPerUniformByte : kCyclesPerByte;
  due_ = offset == kStart ? system_.clock.cycles() + period : kNever;
}

void Rng::Tick() {
  due_ = kNever;
  if (!has_short(kReadyStops)) OnTask(kStart);
  at(kValue) = random_() & 0xff;
  Raise(kReady);
}

}  // namespace tinyhost::emulator
