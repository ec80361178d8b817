#include "emulator/peripherals/clock_power.h"

#include <algorithm>

namespace tinyhost::emulator {
namespace {

constexpr uint32_t kHfclkStart = 0x000, kHfclkStop = 0x004, kLfclkStart = 0x008, kLfclkStop = 0x00c, kCal = 0x010;
constexpr uint32_t kHfclkStarted = 0x100, kLfclkStarted = 0x104, kCalDone = 0x10c;
constexpr uint32_t kUsbDetected = 0x11c, kUsbRemoved = 0x120, kUsbPowerReady = 0x124;
constexpr uint32_t kResetReason = 0x400, kHfclkRun = 0x408, kHfclkStat = 0x40c, kLfclkRun = 0x414, kLfclkStat = 0x418;
constexpr uint32_t kLfclkSourceCopy = 0x41c, kUsbStatus = 0x438, kSystemOff = 0x500, kLfclkSource = 0x518;
constexpr uint32_t kRetained2 = 0x520;
constexpr uint32_t kRunning = 0x10000;
constexpr uint32_t kCrystalRunning = kRunning | 1;

// The longest start-up times: 5.4.4.
constexpr uint64_t kLfRcStart = 1000 * Clock::kCyclesPerUs;
constexpr uint64_t kLfCrystalStart = 250 * Clock::kCyclesPerMs;
constexpr uint64_t kDetect = 10 * Clock::kCyclesPerUs;
constexpr uint64_t kUsbRegulatorStart = 1 * Clock::kCyclesPerMs;

}  // namespace

ClockPower::ClockPower(System system)
    : Peripheral(system, "CLOCK/POWER", 0x40000000,
                 {{0x000, Access::kTask, 7},
                  {0x078, Access::kTask, 2},
                  {0x100, Access::kEvent, 2},
                  {0x108, Access::kEvent},
                  {0x10c, Access::kEvent, 2},
                  {0x114, Access::kEvent, 5},
                  {0x128, Access::kEvent, 2},
                  {0x304, Access::kReadWrite, 2},
                  {0x400, Access::kOneClears},
                  {0x408, Access::kRead, 2},
                  {0x414, Access::kRead, 3},
                  {0x428, Access::kRead},
                  {0x438, Access::kRead},
                  {0x500, Access::kWrite},
                  {0x510, Access::kReadWrite},
                  {0x518, Access::kReadWrite},
                  {0x51c, Access::kReadWrite, 2},
                  {0x528, Access::kReadWrite, 1, 0x10},
                  {0x538, Access::kReadWrite},
                  {0x55c, Access::kReadWrite},
                  {0x578, Access::kReadWrite},
                  {0x580, Access::kReadWrite},
                  {0x5b4, Access::kReadWrite},
                  {0x640, Access::kRead},
                  {0x900, Access::kReadWrite, 9, 0xffff, 16},
                  {0x904, Access::kWrite, 9, 0, 16},
                  {0x908, Access::kWrite, 9, 0, 16}}) {}

void ClockPower::ResetBecause(uint32_t reasons) {
  const uint32_t retained = at(kRetained);
  const uint32_t retained2 = at(kRetained2);
  const uint32_t all = at(kResetReason) | reasons;
  Peripheral::Reset();
  at(kRetained) = retained;
  at(kRetained2) = retained2;
  at(kResetReason) = all;
  is_crystal_wanted_ = is_lfclk_on_ = is_usb_ready_ = false;
  crystal_at_ = lfclk_at_ = usb_ready_at_ = kNever;
  detected_at_ = has_vbus_ ? system_.clock.cycles() + kDetect : kNever;
  system_.clock.UseCrystal(false);
}

void ClockPower::PowerOn() {
  ResetBecause(0);
  at(kRetained) = at(kRetained2) = at(kResetReason) = 0;
}

uint64_t ClockPower::NextEvent() const { return std::min({crystal_at_, lfclk_at_, detected_at_, usb_ready_at_}); }

void ClockPower::Tick() {
  const uint64_t now = system_.clock.cycles();
  if (now >= crystal_at_) {
    crystal_at_ = kNever;
    system_.clock.UseCrystal(true);
    Raise(kHfclkStarted);
  }
  if (now >= lfclk_at_) {
    lfclk_at_ = kNever;
    is_lfclk_on_ = true;
    Raise(kLfclkStarted);
  }
  if (now >= detected_at_) {
    detected_at_ = kNever;
    Raise(kUsbDetected);
  }
  if (now >= usb_ready_at_) {
    usb_ready_at_ = kNever;
    is_usb_ready_ = true;
    Raise(kUsbPowerReady);
  }
}

void ClockPower::SetVbus(bool is_on) {
  if (is_on == has_vbus_) return;
  has_vbus_ = is_on;
  detected_at_ = is_on ? system_.clock.cycles() + kDetect : kNever;
  usb_ready_at_ = kNever;
  is_usb_ready_ = false;
  if (!is_on) Raise(kUsbRemoved);
}

/// The regulator of USB's 3.3 V starts once there is VBUS and USBD is on: 5.3.1.6, 6.35.4.
void ClockPower::SetUsbEnabled(bool is_on) {
  if (!is_on) {
    usb_ready_at_ = kNever;
    is_usb_ready_ = false;
  } else if (has_vbus_ && !is_usb_ready_ && usb_ready_at_ == kNever) {
    usb_ready_at_ = system_.clock.cycles() + kUsbRegulatorStart;
  }
}

bool ClockPower::is_usb_powered() const { return has_vbus_ && is_usb_ready_; }

uint64_t ClockPower::CrystalStart(uint64_t now) const {
  const uint64_t us = system_.clock.hfxo_start_us();
  return us == kNever ? kNever : now + us * Clock::kCyclesPerUs;
}

void ClockPower::OnTask(uint32_t offset) {
  const uint64_t now = system_.clock.cycles();
  switch (offset) {
    case kHfclkStart:
      is_crystal_wanted_ = true;
      crystal_at_ = system_.clock.is_crystal() ? now + 1 : CrystalStart(now);
      break;
    case kHfclkStop:
      is_crystal_wanted_ = false;
      crystal_at_ = kNever;
      system_.clock.UseCrystal(false);
      break;
    case kLfclkStart:
      at(kLfclkSourceCopy) = at(kLfclkSource);
      lfclk_at_ = now + ((at(kLfclkSource) & 3) == 1 ? kLfCrystalStart : kLfRcStart);
      break;
    case kLfclkStop:
      is_lfclk_on_ = false;
      lfclk_at_ = kNever;
      break;
    case kCal:
      Raise(kCalDone);
      break;
    default:
      break;
  }
}

void ClockPower::OnWrite(uint32_t offset, uint32_t value) {
  if (offset == kSystemOff)
    system_.log.Defect("SYSTEMOFF: only a reset ends it, and this board has nothing to wake it");
  if (offset == kRetained && value != at(kRetained)) system_.log.Say("GPREGRET = 0x%02x", value);
  if (offset == kLfclkSource && is_lfclk_on_) system_.log.Defect("LFCLKSRC written while the clock runs");
  at(offset) = offset == kRetained || offset == kRetained2 ? value & 0xff : value;
}

uint32_t ClockPower::OnRead(uint32_t offset) {
  switch (offset) {
    case kHfclkRun:
      return is_crystal_wanted_ ? 1 : 0;
    case kHfclkStat:
      return system_.clock.is_crystal() ? kCrystalRunning : kRunning;
    case kLfclkRun:
      return is_lfclk_on_ || lfclk_at_ != kNever ? 1 : 0;
    case kLfclkStat:
      return is_lfclk_on_ ? kRunning | (at(kLfclkSourceCopy) & 3) : 0;
    case kUsbStatus:
      return (has_vbus_ ? 1u : 0u) | (is_usb_powered() ? 2u : 0u);
    default:
      return at(offset);
  }
}

}  // namespace tinyhost::emulator
