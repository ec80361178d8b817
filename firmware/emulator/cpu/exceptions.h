#pragma once

#include <array>
#include <cstdint>

#include "emulator/system/component.h"

namespace tinyhost::emulator {

/// Numbers of the Cortex-M4's exceptions (ARMv7-M Architecture Reference Manual, B1.5.2); interrupt n is kFirstIrq + n.
enum Exception : int {
  kReset = 1,
  kNmi = 2,
  kHardFault = 3,
  kMemManage = 4,
  kBusFault = 5,
  kUsageFault = 6,
  kSvCall = 11,
  kDebugMonitor = 12,
  kPendSv = 14,
  kSysTick = 15,
  kFirstIrq = 16,
};
constexpr int kExceptions = kFirstIrq + 48;  // the nRF52840 has 48 interrupts

/// Which exceptions are enabled, pending and active, and their priorities: the NVIC (B3.4) and the system handlers.
class Exceptions final : public InterruptLines {
 public:
  static constexpr int kThreadPriority = 256;

  Exceptions() { Reset(); }
  void Reset();

  void SetLine(int irq, bool is_on) override;
  void Pend(int exception);
  void Unpend(int exception);
  void Enable(int exception, bool is_on);
  void SetPriority(int exception, uint8_t priority);

  bool is_enabled(int exception) const { return states_[Index(exception)].is_enabled; }
  bool is_pending(int exception) const { return states_[Index(exception)].is_pending; }
  bool is_active(int exception) const { return states_[Index(exception)].is_active; }
  int priority(int exception) const { return states_[Index(exception)].priority; }

  /// The pending exception that comes first; -1 if there is none.
  int Best() const;
  /// The priority at which code runs, without PRIMASK and the like.
  int ActivePriority() const;
  void Enter(int exception);
  void Leave(int exception);

  /// Whether anything has become pending since the last call of Best(), which must then be called again.
  bool has_news() const { return has_news_; }
  void ForgetNews() { has_news_ = false; }

 private:
  struct State {
    bool is_enabled = false;
    bool is_pending = false;
    bool is_active = false;
    bool is_line_on = false;
    int priority = 0;
  };
  static size_t Index(int exception) { return static_cast<size_t>(exception); }

  std::array<State, kExceptions> states_;
  bool has_news_ = false;
};

const char* ExceptionName(int exception);

}  // namespace tinyhost::emulator
