#include "emulator/cpu/system_control.h"

#include "emulator/peripherals/clock_power.h"

namespace tinyhost::emulator {
namespace {

constexpr uint32_t kDwtCtrl = 0x1000;
constexpr uint32_t kDwtCyccnt = 0x1004;
constexpr uint32_t kSystCsr = 0xe010;
constexpr uint32_t kSystRvr = 0xe014;
constexpr uint32_t kSystCvr = 0xe018;
constexpr uint32_t kSystCalib = 0xe01c;
constexpr uint32_t kNvicIser = 0xe100;
constexpr uint32_t kNvicIcer = 0xe180;
constexpr uint32_t kNvicIspr = 0xe200;
constexpr uint32_t kNvicIcpr = 0xe280;
constexpr uint32_t kNvicIabr = 0xe300;
constexpr uint32_t kNvicIpr = 0xe400;
constexpr uint32_t kNvicPastIpr = kNvicIpr + 48;
constexpr uint32_t kCpuid = 0xed00;
constexpr uint32_t kIcsr = 0xed04;
constexpr uint32_t kVtor = 0xed08;
constexpr uint32_t kAircr = 0xed0c;
constexpr uint32_t kScr = 0xed10;
constexpr uint32_t kCcr = 0xed14;
constexpr uint32_t kShpr1 = 0xed18;
constexpr uint32_t kPastShpr = 0xed24;
constexpr uint32_t kShcsr = 0xed24;
constexpr uint32_t kCfsr = 0xed28;
constexpr uint32_t kHfsr = 0xed2c;
constexpr uint32_t kMmfar = 0xed34;
constexpr uint32_t kBfar = 0xed38;
constexpr uint32_t kCpacr = 0xed88;
constexpr uint32_t kMpu = 0xed90;
constexpr uint32_t kPastMpu = 0xedbc;
constexpr uint32_t kDemcr = 0xedfc;
constexpr uint32_t kStir = 0xef00;
constexpr uint32_t kFpccr = 0xef34;
constexpr uint32_t kFpcar = 0xef38;
constexpr uint32_t kFpdscr = 0xef3c;
constexpr uint32_t kMvfr0 = 0xef40;
constexpr uint32_t kMvfr1 = 0xef44;

constexpr uint32_t kCycleCounterOn = 1;
constexpr uint32_t kTraceOn = 1u << 24;
constexpr uint32_t kSysResetReq = 4;
constexpr uint32_t kTickOn = 1;
constexpr uint32_t kTickInterrupt = 2;
constexpr uint32_t kTickFlag = 0x10000;

bool IsPriority(uint32_t offset) {
  return (offset >= kNvicIpr && offset < kNvicPastIpr) || (offset >= kShpr1 && offset < kPastShpr);
}

/// The exception whose priority is at this offset.
uint32_t ExceptionOf(uint32_t offset) { return offset >= kShpr1 ? 4 + offset - kShpr1 : kFirstIrq + offset - kNvicIpr; }

}  // namespace

void SystemControl::Reset() {
  vector_table = shcsr = cfsr = hfsr = mmfar = bfar = cpacr = 0;
  protection.Reset();
  aircr_ = scr_ = 0;
  ccr_ = 0x200;  // STKALIGN
  demcr_ = dwt_control_ = dwt_held_ = 0;
  fpccr_ = 0xc0000000;
  fpcar_ = fpdscr_ = 0;
  tick_control_ = tick_load_ = 0;
  has_ticked_ = false;
  if (on_protection) on_protection();
}

uint32_t SystemControl::Read(uint32_t offset, uint32_t n_bytes) {
  const uint32_t word = ReadWord(offset & ~3u) >> (8 * (offset & 3));
  return n_bytes == 4 ? word : word & (n_bytes == 2 ? 0xffffu : 0xffu);
}

void SystemControl::Write(uint32_t offset, uint32_t n_bytes, uint32_t value) {
  if (IsPriority(offset)) return WritePriorities(offset, n_bytes, value);
  if (n_bytes != 4) system_.log.Defect("write of %u bytes to 0xE000%04X", n_bytes, offset);
  WriteWord(offset & ~3u, value);
}

uint32_t SystemControl::ReadInterrupts(uint32_t offset) const {
  const uint32_t first = (offset & 0x7f) / 4 * 32;
  uint32_t bits = 0;
  for (uint32_t i = 0; i < 32 && kFirstIrq + first + i < kExceptions; ++i) {
    const int exception = static_cast<int>(kFirstIrq + first + i);
    const bool is_on = offset < kNvicIspr   ? exceptions_.is_enabled(exception)
                       : offset < kNvicIabr ? exceptions_.is_pending(exception)
                                            : exceptions_.is_active(exception);
    bits |= static_cast<uint32_t>(is_on) << i;
  }
  return bits;
}

void SystemControl::WriteInterrupts(uint32_t offset, uint32_t value) {
  const uint32_t first = (offset & 0x7f) / 4 * 32;
  for (uint32_t i = 0; i < 32 && kFirstIrq + first + i < kExceptions; ++i) {
    if ((value >> i & 1) == 0) continue;
    const int exception = static_cast<int>(kFirstIrq + first + i);
    if (offset < kNvicIcer) {
      exceptions_.Enable(exception, true);
    } else if (offset < kNvicIspr) {
      exceptions_.Enable(exception, false);
    } else if (offset < kNvicIcpr) {
      exceptions_.Pend(exception);
    } else if (offset < kNvicIabr) {
      exceptions_.Unpend(exception);
    }
  }
}

/// IPR and SHPR, which may be written byte by byte.
void SystemControl::WritePriorities(uint32_t offset, uint32_t n_bytes, uint32_t value) {
  for (uint32_t i = 0; i < n_bytes; ++i) {
    const uint32_t exception = ExceptionOf(offset + i);
    if (exception < kExceptions) {
      exceptions_.SetPriority(static_cast<int>(exception), static_cast<uint8_t>(value >> (8 * i)));
    }
  }
}

uint32_t SystemControl::InterruptState() const {
  const int best = exceptions_.Best();
  uint32_t state = 0;
  for (int exception = kNmi; exception < kExceptions; ++exception) {  // VECTACTIVE: the most urgent active one runs
    const bool is_running =
        exceptions_.is_active(exception) && exceptions_.priority(exception) == exceptions_.ActivePriority();
    if (is_running) state = static_cast<uint32_t>(exception);
    if (exception >= kFirstIrq && exceptions_.is_pending(exception)) state |= 1u << 22;  // ISRPENDING
  }
  if (best >= 0) state |= static_cast<uint32_t>(best) << 12;
  if (exceptions_.is_pending(kPendSv)) state |= 1u << 28;
  if (exceptions_.is_pending(kSysTick)) state |= 1u << 26;
  return state;
}

void SystemControl::WriteInterruptState(uint32_t value) {
  if ((value & 1u << 31) != 0) exceptions_.Pend(kNmi);
  if ((value & 1u << 28) != 0) exceptions_.Pend(kPendSv);
  if ((value & 1u << 27) != 0) exceptions_.Unpend(kPendSv);
  if ((value & 1u << 26) != 0) exceptions_.Pend(kSysTick);
  if ((value & 1u << 25) != 0) exceptions_.Unpend(kSysTick);
}

void SystemControl::RequestReset(uint32_t value) {
  if (value >> 16 != 0x5fa) return system_.log.Defect("write of 0x%08x to AIRCR without its key", value);
  aircr_ = value & 0x700;
  if ((value & kSysResetReq) == 0) return;
  system_.execution.is_reset_wanted = true;
  system_.execution.reset_reason = ClockPower::kBySoftware;
}

uint32_t SystemControl::ReadWord(uint32_t offset) {
  if (offset >= kNvicIser && offset < kNvicIpr) return ReadInterrupts(offset);
  if (offset >= kMpu && offset < kPastMpu) return protection.Read(offset - kMpu);
  if (IsPriority(offset)) {
    const uint32_t first = ExceptionOf(offset);
    uint32_t word = 0;
    for (uint32_t i = 0; i < 4; ++i) {
      const int priority = exceptions_.priority(static_cast<int>(first + i));
      word |= static_cast<uint32_t>(priority & 0xff) << (8 * i);
    }
    return word;
  }
  const uint64_t now = system_.clock.cycles();
  switch (offset) {
    case kDwtCtrl:
      return 0x40000000 | dwt_control_;
    case kDwtCyccnt:
      return (dwt_control_ & kCycleCounterOn) != 0 ? static_cast<uint32_t>(now - dwt_begin_) : dwt_held_;
    case kSystCsr: {
      const uint32_t value = tick_control_ | (has_ticked_ ? kTickFlag : 0);
      has_ticked_ = false;
      return value;
    }
    case kSystRvr:
      return tick_load_;
    case kSystCvr:
      return (tick_control_ & kTickOn) != 0 ? static_cast<uint32_t>(tick_load_ - (now - tick_begin_) % SysTickPeriod())
                                            : 0;
    case kSystCalib:
      return 0xc0000000;
    case kCpuid:
      return 0x410fc241;
    case kIcsr:
      return InterruptState();
    case kVtor:
      return vector_table;
    case kAircr:
      return 0xfa050000 | aircr_;
    case kScr:
      return scr_;
    case kCcr:
      return ccr_;
    case kShcsr:
      return shcsr;
    case kCfsr:
      return cfsr;
    case kHfsr:
      return hfsr;
    case kMmfar:
      return mmfar;
    case kBfar:
      return bfar;
    case kCpacr:
      return cpacr;
    case kDemcr:
      return demcr_;
    case kFpccr:
      return fpccr_;
    case kFpcar:
      return fpcar_;
    case kFpdscr:
      return fpdscr_;
    case kMvfr0:
      return 0x10110021;
    case kMvfr1:
      return 0x11000011;
    default:
      return 0;
  }
}

void SystemControl::WriteWord(uint32_t offset, uint32_t value) {
  if (offset >= kNvicIser && offset < kNvicIpr) return WriteInterrupts(offset, value);
  if (offset >= kMpu && offset < kPastMpu) {
    protection.Write(offset - kMpu, value);
    if (on_protection) on_protection();
    return;
  }
  const uint64_t now = system_.clock.cycles();
  switch (offset) {
    case kDwtCtrl:
      if ((value & kCycleCounterOn) != 0 && (demcr_ & kTraceOn) == 0) {
        system_.log.Defect("DWT.CTRL written while DEMCR.TRCENA is 0: the counter stays off");
        return;
      }
      if ((value & kCycleCounterOn) != 0 && (dwt_control_ & kCycleCounterOn) == 0) dwt_begin_ = now - dwt_held_;
      if ((value & kCycleCounterOn) == 0) dwt_held_ = ReadWord(kDwtCyccnt);
      dwt_control_ = value & kCycleCounterOn;
      return;
    case kDwtCyccnt:
      dwt_held_ = value == 0 ? system_.clock.FirstCount(Clock::kHz) : value;
      dwt_begin_ = now - dwt_held_;
      return;
    case kSystCsr:
      if ((value & kTickOn) != 0 && (tick_control_ & kTickOn) == 0) tick_begin_ = now;
      tick_control_ = value & 7;
      return;
    case kSystRvr:
      tick_load_ = value & 0xffffff;
      return;
    case kSystCvr:
      tick_begin_ = now;
      has_ticked_ = false;
      return;
    case kIcsr:
      return WriteInterruptState(value);
    case kVtor:
      vector_table = value;
      return;
    case kAircr:
      return RequestReset(value);
    case kScr:
      scr_ = value;
      return;
    case kCcr:
      ccr_ = value;
      return;
    case kShcsr:
      shcsr = value;
      return;
    case kCfsr:
      cfsr &= ~value;
      return;
    case kHfsr:
      hfsr &= ~value;
      return;
    case kCpacr:
      cpacr = value;
      return;
    case kDemcr:
      demcr_ = value;
      return;
    case kFpccr:
      fpccr_ = value;
      return;
    case kFpdscr:
      fpdscr_ = value;
      return;
    case kStir:
      if (kFirstIrq + (value & 0x1ff) < kExceptions) exceptions_.Pend(static_cast<int>(kFirstIrq + (value & 0x1ff)));
      return;
    default:
      return;
  }
}

uint64_t SystemControl::NextEvent() const {
  if ((tick_control_ & kTickOn) == 0) return kNever;
  const uint64_t now = system_.clock.cycles();
  return now < tick_begin_ + SysTickPeriod() ? tick_begin_ + SysTickPeriod() : now;
}

void SystemControl::Tick() {
  const uint64_t n = (system_.clock.cycles() - tick_begin_) / SysTickPeriod();
  if ((tick_control_ & kTickOn) == 0 || n == 0) return;
  tick_begin_ += n * SysTickPeriod();
  has_ticked_ = true;
  if ((tick_control_ & kTickInterrupt) != 0) exceptions_.Pend(kSysTick);
}

}  // namespace tinyhost::emulator
