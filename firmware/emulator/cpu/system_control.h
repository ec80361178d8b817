#pragma once

#include <cstdint>
#include <functional>

#include "emulator/cpu/exceptions.h"
#include "emulator/cpu/protection.h"
#include "emulator/system/component.h"

namespace tinyhost::emulator {

/// The private peripheral bus, 0xE0000000: NVIC, SCB, SysTick, DWT's cycle counter, MPU (ARMv7-M Architecture Reference
/// Manual, B3 and C1.8). ITM, FPB and the ETM are not modelled.
class SystemControl : public Component {
 public:
  SystemControl(System system, Exceptions& exceptions) : system_(system), exceptions_(exceptions) { Reset(); }

  uint32_t Read(uint32_t offset, uint32_t n_bytes);
  void Write(uint32_t offset, uint32_t n_bytes, uint32_t value);
  void Reset() override;
  uint64_t NextEvent() const override;
  void Tick() override;
  /// Called when the processor has slept: its clock stood still, and with it CYCCNT and SysTick (product specification,
  /// 5.3).
  void OnSleep(uint64_t n_cycles) {
    dwt_begin_ += n_cycles;
    tick_begin_ += n_cycles;
  }

  uint32_t vector_table = 0;
  uint32_t shcsr = 0;  ///< which faults have handlers of their own
  uint32_t cfsr = 0;   ///< why there was a fault
  uint32_t hfsr = 0;
  uint32_t mmfar = 0;
  uint32_t bfar = 0;
  uint32_t cpacr = 0;  ///< coprocessor access: the FPU
  Protection protection;
  /// Called when the MPU's registers have changed.
  std::function<void()> on_protection;

 private:
  uint32_t ReadWord(uint32_t offset);
  void WriteWord(uint32_t offset, uint32_t value);
  uint32_t ReadInterrupts(uint32_t offset) const;
  void WriteInterrupts(uint32_t offset, uint32_t value);
  uint32_t InterruptState() const;
  void WriteInterruptState(uint32_t value);
  void WritePriorities(uint32_t offset, uint32_t n_bytes, uint32_t value);
  void RequestReset(uint32_t value);
  uint64_t SysTickPeriod() const { return uint64_t{tick_load_} + 1; }

  System system_;
  Exceptions& exceptions_;
  uint32_t aircr_ = 0;
  uint32_t scr_ = 0;
  uint32_t ccr_ = 0;
  uint32_t demcr_ = 0;
  uint32_t dwt_control_ = 0;
  uint64_t dwt_begin_ = 0;
  uint32_t dwt_held_ = 0;
  uint32_t fpccr_ = 0;
  uint32_t fpcar_ = 0;
  uint32_t fpdscr_ = 0;
  uint32_t tick_control_ = 0;
  uint32_t tick_load_ = 0;
  uint64_t tick_begin_ = 0;
  bool has_ticked_ = false;
};

}  // namespace tinyhost::emulator
