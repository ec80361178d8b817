// From the reset, or from the state that a bootloader left, to main(); the vector table.
//
// Arduino's bootloader (a Zephyr program) ends with all interrupts of the NVIC off, SHCSR, CONTROL and PRIMASK 0 and
// VTOR at the program, but with its clock, RTC1, running and with its settings of the MPU. Whether it was double-tapped
// or not, it has disabled USB. Nothing of that is relied on here.
#include <cstdint>
#include <cstring>

#include "boards/nano33ble/fault.h"
#include "boards/nano33ble/interrupts.h"
#include "boards/nrf52840/cortex_m4.h"

extern "C" {
extern uint32_t _sidata[], _sdata[], _edata[], _sbss[], _ebss[], _stack_begin[], _stack_end[];
void __libc_init_array();
int main();
void* __dso_handle = nullptr;  // crtbegin would define it
void _init() {}
void _fini() {}
void ResetHandler();
}

namespace {

using namespace tinyhost;
using Handler = void (*)();

// A pattern that programs seldom write. The part of the stack that no longer has it was used.
constexpr uint32_t kPaint = 0xC5C5C5C5;

struct Vectors {
  const void* stack;
  Handler system[15];
  Handler interrupts[nrf52840::kInterrupts];
};

constexpr Vectors MakeVectors() {
  Vectors vectors{_stack_end, {}, {}};
  for (Handler& handler : vectors.system) handler = FaultHandler;
  for (Handler& handler : vectors.interrupts) handler = FaultHandler;
  vectors.system[0] = ResetHandler;
  vectors.interrupts[nrf52840::kPowerClockIrq] = PowerClockHandler;
  vectors.interrupts[nrf52840::kTimer0Irq] = Timer0Handler;
  vectors.interrupts[nrf52840::kPdmIrq] = PdmHandler;
  vectors.interrupts[nrf52840::kUsbdIrq] = UsbdHandler;
  return vectors;
}

/// Puts the processor into its state after a reset, but with interrupts off.
void Reclaim() {
  using namespace cortex_m4;
  SYST->CTRL = 0;
  SCB->MPU_CTRL = 0;
  for (uint32_t i = 0; i < 8; ++i) {
    NVIC->ICER[i] = ~0u;
    NVIC->ICPR[i] = ~0u;
  }
  SCB->ICSR = kClearPendingSysTick | kClearPendingPendSv;
  for (Register& priorities : SCB->SHPR) priorities = 0;  // faults are above all interrupts
  SCB->AIRCR = kAllPriorityBits;
  SCB->SCR = 0;
  SCB->CCR = kStackAligned | kDivideByZeroTraps;
  SCB->CFSR = ~0u;
  SCB->HFSR = ~0u;
  SCB->SHCSR = kFaultsEnabled;
  SCB->CPACR |= kFpuFullAccess;
  FPU->FPCCR = kLazyStacking;
  Barrier();
}

}  // namespace

__attribute__((section(".vectors"), used)) extern const Vectors kVectors = MakeVectors();

extern "C" [[noreturn]] __attribute__((used)) void Start() {
  Reclaim();
  cortex_m4::SCB->VTOR = reinterpret_cast<uint32_t>(&kVectors);
  cortex_m4::Barrier();
  const auto* const here = static_cast<const uint32_t*>(__builtin_frame_address(0));
  for (volatile uint32_t* to = _stack_begin; to < here - 16; ++to) *to = kPaint;
  for (uint32_t *to = _sdata, *from = _sidata; to < _edata;) *to++ = *from++;
  for (uint32_t* to = _sbss; to < _ebss;) *to++ = 0;
  __libc_init_array();
  main();
  hal::FailedAssertion();  // main() does not return
}

extern "C" __attribute__((naked)) void ResetHandler() {
  __asm__ volatile(
      "cpsid i\n"
      "movs r0, #0\n"
      "msr control, r0\n"
      "msr basepri, r0\n"
      "isb\n"
      "ldr r0, =_stack_end\n"
      "msr msp, r0\n"
      "b Start\n");
}
