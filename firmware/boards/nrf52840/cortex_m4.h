#pragma once

#include <cstddef>
#include <cstdint>

#include "boards/nrf52840/registers.h"

/// The processor: registers as in the Armv7-M Architecture Reference Manual (ARM DDI 0403E.e), chapter B3, and
/// functions that need a certain instruction.
namespace tinyhost::cortex_m4 {

using nrf52840::Peripheral;
using nrf52840::Register;

/// Section B3.2: the system control block.
struct ScbBlock {
  uint32_t reserved0[1];
  Register ICSR;
  Register VTOR;
  Register AIRCR;
  Register SCR;
  Register CCR;
  Register SHPR[3];
  Register SHCSR;
  Register CFSR;
  Register HFSR;
  uint32_t reserved1[1];
  Register MMFAR;
  Register BFAR;
  uint32_t reserved2[(0x88 - 0x3C) / 4];
  Register CPACR;
  uint32_t reserved3[2];
  Register MPU_CTRL;
};
static_assert(offsetof(ScbBlock, VTOR) == 0x08 && offsetof(ScbBlock, CFSR) == 0x28 && offsetof(ScbBlock, BFAR) == 0x38);
static_assert(offsetof(ScbBlock, CPACR) == 0x88 && offsetof(ScbBlock, MPU_CTRL) == 0x94);
constexpr Peripheral<ScbBlock> SCB{0xE000ED00};
constexpr uint32_t kFpuFullAccess = 0xFu << 20;      // CPACR: CP10 and CP11
constexpr uint32_t kFaultsEnabled = 7u << 16;        // SHCSR: MemManage, BusFault, UsageFault
constexpr uint32_t kDivideByZeroTraps = 1u << 4;     // CCR.DIV_0_TRP
constexpr uint32_t kStackAligned = 1u << 9;          // CCR.STKALIGN
constexpr uint32_t kClearPendingSysTick = 1u << 25;  // ICSR.PENDSTCLR
constexpr uint32_t kClearPendingPendSv = 1u << 27;   // ICSR.PENDSVCLR
constexpr uint32_t kResetRequest = 0x05FA0004;       // AIRCR: VECTKEY, SYSRESETREQ
constexpr uint32_t kAllPriorityBits = 0x05FA0000;    // AIRCR: VECTKEY, PRIGROUP 0

/// Section B3.3: the system timer.
struct SysTickBlock {
  Register CTRL;
};
constexpr Peripheral<SysTickBlock> SYST{0xE000E010};

/// Section B3.4: the interrupt controller.
struct NvicBlock {
  Register ISER[8];
  uint32_t reserved0[24];
  Register ICER[8];
  uint32_t reserved1[24];
  Register ISPR[8];
  uint32_t reserved2[24];
  Register ICPR[8];
  uint32_t reserved3[24 + 64];
  volatile uint8_t IPR[240];
};
static_assert(offsetof(NvicBlock, ICPR) == 0x180 && offsetof(NvicBlock, IPR) == 0x300);
constexpr Peripheral<NvicBlock> NVIC{0xE000E100};

/// Section B3.2.21: how the FPU's registers are stacked.
struct FpuBlock {
  Register FPCCR;
};
constexpr Peripheral<FpuBlock> FPU{0xE000EF34};
constexpr uint32_t kLazyStacking = 3u << 30;  // FPCCR: ASPEN, LSPEN

/// Section C1.8: the cycle counter.
struct DwtBlock {
  Register CTRL;
  Register CYCCNT;
};
constexpr Peripheral<DwtBlock> DWT{0xE0001000};
constexpr uint32_t kCycleCounterEnabled = 1;

/// Section C1.6: debug.
struct DebugBlock {
  Register DEMCR;
};
constexpr Peripheral<DebugBlock> DEBUG{0xE000EDFC};
constexpr uint32_t kTraceEnabled = 1u << 24;  // DEMCR.TRCENA

inline void DisableInterrupts() { __asm__ volatile("cpsid i" ::: "memory"); }
inline void EnableInterrupts() { __asm__ volatile("cpsie i" ::: "memory"); }
inline void Barrier() { __asm__ volatile("dsb\n isb" ::: "memory"); }
/// Sleeps until an interrupt is pending, be it masked or not.
inline void WaitForInterrupt() { __asm__ volatile("dsb\n wfi" ::: "memory"); }

/// Keeps interrupts off during its lifetime.
class InterruptLock {
 public:
  InterruptLock() {
    __asm__ volatile("mrs %0, primask" : "=r"(primask_));
    DisableInterrupts();
  }
  ~InterruptLock() {
    if (primask_ == 0) EnableInterrupts();
  }
  InterruptLock(const InterruptLock&) = delete;
  InterruptLock& operator=(const InterruptLock&) = delete;

 private:
  uint32_t primask_;
};

/// priority: 0, the most urgent, to 7: the nRF52840 has 3 bits of it.
inline void EnableInterrupt(uint32_t number, uint8_t priority) {
  NVIC->IPR[number] = static_cast<uint8_t>(priority << 5);
  NVIC->ICPR[number / 32] = 1u << (number % 32);
  NVIC->ISER[number / 32] = 1u << (number % 32);
}
inline void DisableInterrupt(uint32_t number) {
  NVIC->ICER[number / 32] = 1u << (number % 32);
  Barrier();
}
inline void PendInterrupt(uint32_t number) { NVIC->ISPR[number / 32] = 1u << (number % 32); }

[[noreturn]] inline void SystemReset() {
  Barrier();
  SCB->AIRCR = kResetRequest;
  for (;;) Barrier();
}

}  // namespace tinyhost::cortex_m4
