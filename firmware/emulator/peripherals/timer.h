#pragma once

#include "emulator/peripherals/peripheral.h"

namespace tinyhost::emulator {

/// TIMER: product specification, 6.30. Counter mode and PPI are not modelled.
class Timer final : public Peripheral {
 public:
  /// `n_channels`: 4 for TIMER0 to 2, 6 for TIMER3 and 4.
  Timer(System system, const char* name, uint32_t base, uint32_t n_channels);

  void Reset() override;
  uint64_t NextEvent() const override;
  void Tick() override { CatchUp(); }

 private:
  void OnTask(uint32_t offset) override;
  void OnWrite(uint32_t offset, uint32_t value) override;
  uint32_t OnRead(uint32_t offset) override;
  void CatchUp();
  uint64_t TicksNow() const;
  uint64_t NextMatch(uint32_t channel) const;
  uint64_t CyclesPerTick() const;
  uint64_t Mask() const;

  const uint32_t n_channels_;
  bool is_running_ = false;
  uint64_t origin_ = 0;  // the cycle at which the count was base_
  uint64_t base_ = 0;
  uint64_t seen_ = 0;  // ticks for which events were raised
};

}  // namespace tinyhost::emulator
