#include "boards/nano33ble/fault.h"

#include <cstddef>

#include "boards/nano33ble/interrupts.h"
#include "boards/nano33ble_shared/parts.h"
#include "boards/nano33ble_shared/starts.h"
#include "boards/nrf52840/cortex_m4.h"

extern "C" uint32_t _stack_begin[], _stack_end[];

namespace tinyhost::hal {
namespace {

constexpr uint32_t kRedTurns = 10'000'000;                // about a second
constexpr uint32_t kStackingFailed = 1u << 4 | 1u << 12;  // CFSR: MSTKERR, STKERR

struct StackFrame {
  uint32_t r0, r1, r2, r3, r12, lr, pc, psr;
};

bool IsInStack(const StackFrame* frame) {
  const auto* begin = reinterpret_cast<const uint32_t*>(frame);
  return begin >= _stack_begin && begin + sizeof(StackFrame) / sizeof(uint32_t) <= _stack_end;
}

}  // namespace

[[noreturn]] void Die(ResetReason reason, uint32_t pc, uint32_t lr) {
  cortex_m4::DisableInterrupts();
  KeepFault(reason, pc, lr);
  ShowRed();
  for (volatile uint32_t i = 0; i < kRedTurns; i = i + 1) {
  }
  cortex_m4::SystemReset();
}

[[noreturn]] void FailedAssertion() {
  Die(ResetReason::kFault, reinterpret_cast<uint32_t>(__builtin_return_address(0)), 0);
}

extern "C" [[noreturn]] __attribute__((used)) void ReportFault(const StackFrame* frame) {
  const bool is_stacked = (cortex_m4::SCB->CFSR & kStackingFailed) == 0 && IsInStack(frame);
  Die(ResetReason::kFault, is_stacked ? frame->pc : 0, is_stacked ? frame->lr : 0);
}

}  // namespace tinyhost::hal

// The stack may have caused the fault, so it is reset.
extern "C" __attribute__((naked)) void FaultHandler() {
  __asm__ volatile(
      "cpsid i\n"
      "mrs r0, msp\n"
      "ldr r1, =_stack_end\n"
      "msr msp, r1\n"
      "b ReportFault\n");
}

// The C library's assert() ends here.
extern "C" [[noreturn]] void __assert_func(const char* /*file*/, int /*line*/, const char* /*function*/,
                                           const char* /*condition*/) {
  using namespace tinyhost;
  hal::Die(ResetReason::kFault, reinterpret_cast<uint32_t>(__builtin_return_address(0)), 0);
}
