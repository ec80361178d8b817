#include "emulator/peripherals/peripheral.h"

namespace tinyhost::emulator {
namespace {

constexpr uint32_t kFirstEvent = 0x100;
constexpr uint32_t kPastEvents = 0x180;

}  // namespace

Peripheral::Peripheral(System system, const char* name, uint32_t base, std::initializer_list<Registers> registers)
    : system_(system), name_(name), base_(base) {
  for (const Registers& group : registers) {
    for (uint32_t i = 0; i < group.count; ++i) {
      const uint32_t word = (group.offset + i * group.stride) / 4;
      access_[word] = group.access;
      resets_[word] = group.reset;
    }
  }
  values_ = resets_;
}

void Peripheral::Reset() {
  values_ = resets_;
  UpdateInterrupt();
}

uint32_t Peripheral::Read(uint32_t offset) {
  const Access access = access_[offset / 4];
  if (access == Access::kNone) {
    system_.log.Defect("%s: read of offset 0x%03x, where there is no register", name_, offset);
    return 0;
  }
  if (access == Access::kTask || access == Access::kWrite) return 0;
  if (offset == kIntenSet || offset == kIntenClr) return at(kInten);
  return OnRead(offset);
}

void Peripheral::Write(uint32_t offset, uint32_t value) {
  switch (access_[offset / 4]) {
    case Access::kNone:
      system_.log.Defect("%s: write of 0x%08x to offset 0x%03x, where there is no register", name_, value, offset);
      return;
    case Access::kRead:
      system_.log.Defect("%s: write of 0x%08x to offset 0x%03x, which can only be read", name_, value, offset);
      return;
    case Access::kTask:
      if (value == 1) OnTask(offset);
      return;
    case Access::kEvent:
      if (value == 0) at(offset) = 0;
      return UpdateInterrupt();
    case Access::kOneClears:
      at(offset) &= ~value;
      return;
    case Access::kReadWrite:
    case Access::kWrite:
      break;
  }
  if (offset == kInten || offset == kIntenSet || offset == kIntenClr) {
    if (offset == kInten) at(kInten) = value;
    if (offset == kIntenSet) at(kInten) |= value;
    if (offset == kIntenClr) at(kInten) &= ~value;
    return UpdateInterrupt();
  }
  OnWrite(offset, value);
}

void Peripheral::Raise(uint32_t offset) {
  at(offset) = 1;
  UpdateInterrupt();
  OnEvent(offset);
}

void Peripheral::UpdateInterrupt() {
  bool is_on = false;
  for (uint32_t event = kFirstEvent; event < kPastEvents && !is_on; event += 4) {
    is_on = is_interrupt_enabled(event) && at(event) != 0;
  }
  system_.interrupts.SetLine(irq(), is_on);
}

}  // namespace tinyhost::emulator
