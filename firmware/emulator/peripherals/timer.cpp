#include "emulator/peripherals/timer.h"

#include <algorithm>

namespace tinyhost::emulator {
namespace {

constexpr uint32_t kStart = 0x000, kStop = 0x004, kClear = 0x00c, kShutdown = 0x010, kCapture = 0x040;
constexpr uint32_t kCompare = 0x140, kMode = 0x504, kBitMode = 0x508, kPrescaler = 0x510, kChannel = 0x540;
constexpr int kStopShorts = 8;  // behind those that clear

}  // namespace

Timer::Timer(System system, const char* name, uint32_t base, uint32_t n_channels)
    : Peripheral(system, name, base,
                 {{0x000, Access::kTask, 5},
                  {0x040, Access::kTask, static_cast<uint16_t>(n_channels)},
                  {0x140, Access::kEvent, static_cast<uint16_t>(n_channels)},
                  {0x200, Access::kReadWrite},
                  {0x304, Access::kReadWrite, 2},
                  {0x504, Access::kReadWrite, 2},
                  {0x510, Access::kReadWrite, 1, 4},
                  {0x540, Access::kReadWrite, static_cast<uint16_t>(n_channels)}}),
      n_channels_(n_channels) {}

void Timer::Reset() {
  Peripheral::Reset();
  is_running_ = false;
  origin_ = base_ = seen_ = 0;
}

/// 16 MHz / 2^PRESCALER.
uint64_t Timer::CyclesPerTick() const { return uint64_t{4} << std::min<uint32_t>(at(kPrescaler) & 15, 9); }

uint64_t Timer::Mask() const {
  static constexpr uint64_t kMasks[] = {0xffff, 0xff, 0xffffff, 0xffffffff};
  return kMasks[at(kBitMode) & 3];
}

uint64_t Timer::TicksNow() const {
  return is_running_ ? base_ + (system_.clock.cycles() - origin_) / CyclesPerTick() : base_;
}

/// The first tick after those seen at which a channel compares equal.
uint64_t Timer::NextMatch(uint32_t channel) const {
  const uint64_t distance = (at(kChannel + 4 * channel) - seen_) & Mask();
  return seen_ + (distance == 0 ? Mask() + 1 : distance);
}

void Timer::CatchUp() {
  while (is_running_) {
    uint64_t first = kNever;
    for (uint32_t i = 0; i < n_channels_; ++i) first = std::min(first, NextMatch(i));
    const uint64_t now = TicksNow();
    if (first > now) {
      seen_ = now;
      return;
    }
    bool is_cleared = false;
    bool is_stopped = false;
    for (uint32_t i = 0; i < n_channels_; ++i) {
      if (NextMatch(i) != first) continue;
      Raise(kCompare + 4 * i);
      is_cleared = is_cleared || has_short(static_cast<int>(i));
      is_stopped = is_stopped || has_short(static_cast<int>(i) + kStopShorts);
    }
    origin_ += (first - base_) * CyclesPerTick();
    base_ = seen_ = is_cleared ? 0 : first;
    if (is_stopped) is_running_ = false;
  }
}

uint64_t Timer::NextEvent() const {
  if (!is_running_) return kNever;
  uint64_t first = kNever;
  for (uint32_t i = 0; i < n_channels_; ++i) {
    const bool has_shorts = has_short(static_cast<int>(i)) || has_short(static_cast<int>(i) + kStopShorts);
    const bool is_awaited = is_interrupt_enabled(kCompare + 4 * i) && at(kCompare + 4 * i) == 0;
    if (has_shorts || is_awaited) first = std::min(first, NextMatch(i));
  }
  return first == kNever ? kNever : origin_ + (first - base_) * CyclesPerTick();
}

void Timer::OnTask(uint32_t offset) {
  CatchUp();
  const uint64_t now = system_.clock.cycles();
  if (offset >= kCapture) {
    at(kChannel + offset - kCapture) = static_cast<uint32_t>(TicksNow() & Mask());
    return;
  }
  if (offset == kStart && !is_running_) {
    is_running_ = true;
    origin_ = now;
  }
  if (offset == kStop || offset == kShutdown) {
    base_ = offset == kShutdown ? 0 : TicksNow();
    is_running_ = false;
  }
  if (offset == kClear) {
    base_ = Mask() == UINT32_MAX ? system_.clock.FirstCount(Clock::kHz / CyclesPerTick()) : 0;
    origin_ = now;
  }
  seen_ = TicksNow();
}

void Timer::OnWrite(uint32_t offset, uint32_t value) {
  CatchUp();
  if (offset == kPrescaler && is_running_) system_.log.Defect("%s: PRESCALER written while it runs (6.30.4)", name());
  if (offset == kMode && value != 0) system_.log.Defect("%s: counter mode is not modelled", name());
  at(offset) = value;
}

uint32_t Timer::OnRead(uint32_t offset) {
  CatchUp();
  return at(offset);
}

}  // namespace tinyhost::emulator
