#include "emulator/cpu/exceptions.h"

#include <cstdio>

namespace tinyhost::emulator {

void Exceptions::Reset() {
  states_ = {};
  for (int exception = kReset; exception < kFirstIrq; ++exception) states_[Index(exception)].is_enabled = true;
  states_[kReset].priority = -3;
  states_[kNmi].priority = -2;
  states_[kHardFault].priority = -1;
  has_news_ = true;
}

/// A line that is on keeps its interrupt pending, except while its handler runs: B3.4.1.
void Exceptions::SetLine(int irq, bool is_on) {
  State& state = states_[Index(kFirstIrq + irq)];
  if (is_on && !state.is_active && !state.is_pending) {
    state.is_pending = true;
    has_news_ = true;
  }
  if (is_on && state.is_active && !state.is_line_on) state.is_pending = true;
  state.is_line_on = is_on;
}

void Exceptions::Pend(int exception) {
  states_[Index(exception)].is_pending = true;
  has_news_ = true;
}

void Exceptions::Unpend(int exception) {
  State& state = states_[Index(exception)];
  state.is_pending = state.is_line_on && !state.is_active;
}

void Exceptions::Enable(int exception, bool is_on) {
  states_[Index(exception)].is_enabled = is_on;
  has_news_ = true;
}

void Exceptions::SetPriority(int exception, uint8_t priority) {
  states_[Index(exception)].priority = priority & 0xe0;  // three bits: product specification, 4.5
  has_news_ = true;
}

int Exceptions::Best() const {
  int best = -1;
  for (int exception = kNmi; exception < kExceptions; ++exception) {
    const State& state = states_[Index(exception)];
    const bool is_candidate = state.is_pending && state.is_enabled;
    if (is_candidate && (best < 0 || state.priority < states_[Index(best)].priority)) best = exception;
  }
  return best;
}

int Exceptions::ActivePriority() const {
  int priority = kThreadPriority;
  for (int exception = kNmi; exception < kExceptions; ++exception) {
    const State& state = states_[Index(exception)];
    if (state.is_active && state.priority < priority) priority = state.priority;
  }
  return priority;
}

void Exceptions::Enter(int exception) {
  states_[Index(exception)].is_pending = false;
  states_[Index(exception)].is_active = true;
}

void Exceptions::Leave(int exception) {
  State& state = states_[Index(exception)];
  state.is_active = false;
  if (state.is_line_on) state.is_pending = true;
  has_news_ = true;
}

const char* ExceptionName(int exception) {
  static const char* const kNames[] = {"none",         "Reset", "NMI",    "HardFault", "MemManage", "BusFault",
                                       "UsageFault",   "7",     "8",      "9",         "10",        "SVCall",
                                       "DebugMonitor", "13",    "PendSV", "SysTick"};
  if (exception < kFirstIrq) return kNames[exception];
  static char name[16];
  std::snprintf(name, sizeof name, "IRQ %d", exception - kFirstIrq);
  return name;
}

}  // namespace tinyhost::emulator
