#include "emulator/peripherals/i2s.h"

namespace tinyhost::emulator {
namespace {

constexpr uint32_t kStart = 0x000, kStop = 0x004, kStopped = 0x108;
constexpr uint32_t kEnable = 0x500, kMode = 0x504, kMckEnable = 0x510, kMckFrequency = 0x514, kPselMck = 0x560;

struct Frequency {
  uint32_t value;
  uint64_t divider;  // of 32 MHz
};
constexpr Frequency kFrequencies[] = {{0x80000000, 2},  {0x50000000, 3},  {0x40000000, 4},  {0x30000000, 5},
                                      {0x28000000, 6},  {0x20000000, 8},  {0x18000000, 10}, {0x16000000, 11},
                                      {0x11000000, 15}, {0x10000000, 16}, {0x0c000000, 21}, {0x0b000000, 23},
                                      {0x08800000, 30}, {0x08400000, 31}, {0x08000000, 32}};

}  // namespace

I2s::I2s(System system)
    : Peripheral(system, "I2S", 0x40025000,
                 {{0x000, Access::kTask, 2},
                  {0x104, Access::kEvent, 2},
                  {0x114, Access::kEvent},
                  {0x300, Access::kReadWrite, 3},
                  {0x500, Access::kReadWrite},
                  {0x504, Access::kReadWrite, 2},
                  {0x50c, Access::kReadWrite, 2, 1},
                  {0x514, Access::kReadWrite, 1, 0x20000000},
                  {0x518, Access::kReadWrite, 1, 6},
                  {0x51c, Access::kReadWrite, 1, 1},
                  {0x520, Access::kReadWrite, 3},
                  {0x538, Access::kReadWrite},
                  {0x540, Access::kReadWrite},
                  {0x550, Access::kReadWrite},
                  {0x560, Access::kReadWrite, 5, 0xffffffff}}) {}

void I2s::Reset() {
  Peripheral::Reset();
  is_started_ = false;
}

void I2s::OnTask(uint32_t offset) {
  if (offset == kStart && at(kEnable) == 0) return system_.log.Defect("I2S: started while ENABLE is 0");
  is_started_ = offset == kStart;
  if (offset == kStop) Raise(kStopped);
}

uint64_t I2s::MasterClockCycles(uint32_t pin) const {
  const bool is_on = is_started_ && at(kEnable) == 1 && at(kMckEnable) == 1 && at(kMode) == 0;
  if (!is_on || (at(kPselMck) & 0x8000003f) != pin) return 0;
  for (const Frequency& frequency : kFrequencies) {
    if (frequency.value == at(kMckFrequency)) return 2 * frequency.divider;
  }
  return 0;
}

}  // namespace tinyhost::emulator
