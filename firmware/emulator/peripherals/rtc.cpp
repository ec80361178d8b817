#include "emulator/peripherals/rtc.h"

#include <algorithm>
#include <cmath>

namespace tinyhost::emulator {
namespace {

constexpr uint32_t kStart = 0x000, kStop = 0x004, kClear = 0x008, kTriggerOverflow = 0x00c;
constexpr uint32_t kTick = 0x100, kOverflow = 0x104, kCompare = 0x140;
constexpr uint32_t kEvten = 0x340, kEvtenSet = 0x344, kEvtenClr = 0x348;
constexpr uint32_t kCounter = 0x504, kPrescaler = 0x508, kChannel = 0x540;
constexpr uint64_t kMask = 0xffffff;

}  // namespace

Rtc::Rtc(System system, const char* name, uint32_t base, uint32_t n_channels, const ClockPower& clocks)
    : Peripheral(system, name, base,
                 {{0x000, Access::kTask, 4},
                  {0x100, Access::kEvent, 2},
                  {0x140, Access::kEvent, static_cast<uint16_t>(n_channels)},
                  {0x304, Access::kReadWrite, 2},
                  {0x340, Access::kReadWrite, 3},
                  {0x504, Access::kRead},
                  {0x508, Access::kReadWrite},
                  {0x540, Access::kReadWrite, static_cast<uint16_t>(n_channels)}}),
      n_channels_(n_channels),
      clocks_(clocks) {}

void Rtc::Reset() {
  Peripheral::Reset();
  is_running_ = false;
  origin_ns_ = base_ = seen_ = 0;
  for (uint64_t& until : unsafe_until_) until = 0;
}

double Rtc::NsPerTick() const {
  return 1e9 / system_.clock.lfclk_hz() * static_cast<double>((at(kPrescaler) & 0xfff) + 1);
}

uint64_t Rtc::TicksNow() const {
  if (!is_running_) return base_;
  return base_ + static_cast<uint64_t>(static_cast<double>(system_.clock.TrueNs() - origin_ns_) / NsPerTick());
}

uint64_t Rtc::CycleOf(uint64_t ticks) const {
  const double ns = std::ceil(static_cast<double>(ticks - base_) * NsPerTick());
  return system_.clock.CyclesAt(origin_ns_ + static_cast<uint64_t>(ns));
}

uint64_t Rtc::NextMatch(uint32_t channel, uint64_t after) const {
  const uint64_t first = std::max(after, unsafe_until_[channel]);
  const uint64_t distance = (at(kChannel + 4 * channel) - first) & kMask;
  return first + (distance == 0 ? kMask + 1 : distance);
}

void Rtc::CatchUp() {
  const uint64_t now = TicksNow();
  if (!is_running_ || now == seen_) return;
  if (is_interrupt_enabled(kTick)) Raise(kTick);
  for (uint32_t i = 0; i < n_channels_; ++i) {
    const bool is_wanted = is_interrupt_enabled(kCompare + 4 * i) || (at(kEvten) >> (16 + i) & 1) != 0;
    if (is_wanted && NextMatch(i, seen_) <= now) Raise(kCompare + 4 * i);
  }
  if (now >> 24 != seen_ >> 24) Raise(kOverflow);
  seen_ = now;
}

uint64_t Rtc::NextEvent() const {
  if (!is_running_) return kNever;
  uint64_t first = kNever;
  for (uint32_t i = 0; i < n_channels_; ++i) {
    const bool is_awaited = is_interrupt_enabled(kCompare + 4 * i) && at(kCompare + 4 * i) == 0;
    if (is_awaited) first = std::min(first, NextMatch(i, seen_));
  }
  if (is_interrupt_enabled(kOverflow)) first = std::min(first, (seen_ | kMask) + 1);
  if (is_interrupt_enabled(kTick)) first = std::min(first, seen_ + 1);
  return first == kNever ? kNever : CycleOf(first);
}

void Rtc::OnTask(uint32_t offset) {
  CatchUp();
  if (offset == kStart && !is_running_) {
    if (!clocks_.is_low_frequency_on()) system_.log.Defect("%s: started while LFCLK does not run", name());
    is_running_ = true;
    origin_ns_ = system_.clock.TrueNs();
  }
  if (offset == kStop) {
    base_ = TicksNow();
    is_running_ = false;
  }
  if (offset == kClear || offset == kTriggerOverflow) {
    base_ = offset == kClear ? 0 : 0xfffff0;
    origin_ns_ = system_.clock.TrueNs();
    for (uint64_t& until : unsafe_until_) until = 0;
  }
  seen_ = TicksNow();
}

void Rtc::OnWrite(uint32_t offset, uint32_t value) {
  CatchUp();
  if (offset == kPrescaler) {
    if (is_running_) return system_.log.Defect("%s: PRESCALER written while it runs (6.22.2)", name());
    at(offset) = value;
    return;
  }
  if (offset == kEvten) at(kEvten) = value;
  if (offset == kEvtenSet) at(kEvten) |= value;
  if (offset == kEvtenClr) at(kEvten) &= ~value;
  if (offset < kChannel) return;
  at(offset) = value & kMask;
  // A compare value of COUNTER or COUNTER + 1 may come too late for the comparator (6.22.7): here it always does.
  if (is_running_) unsafe_until_[(offset - kChannel) / 4] = TicksNow() + 1;
}

uint32_t Rtc::OnRead(uint32_t offset) {
  CatchUp();
  if (offset == kEvtenSet || offset == kEvtenClr) return at(kEvten);
  return offset == kCounter ? static_cast<uint32_t>(TicksNow() & kMask) : at(offset);
}

}  // namespace tinyhost::emulator
