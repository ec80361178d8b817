#pragma once

#include "emulator/peripherals/clock_power.h"

namespace tinyhost::emulator {

/// RTC: product specification, 6.22. It counts the 32.768 kHz clock; PPI is not modelled.
class Rtc final : public Peripheral {
 public:
  Rtc(System system, const char* name, uint32_t base, uint32_t n_channels, const ClockPower& clocks);

  void Reset() override;
  uint64_t NextEvent() const override;
  void Tick() override { CatchUp(); }

 private:
  void OnTask(uint32_t offset) override;
  void OnWrite(uint32_t offset, uint32_t value) override;
  uint32_t OnRead(uint32_t offset) override;
  void CatchUp();
  uint64_t TicksNow() const;
  uint64_t CycleOf(uint64_t ticks) const;
  double NsPerTick() const;
  uint64_t NextMatch(uint32_t channel, uint64_t after) const;

  const uint32_t n_channels_;
  const ClockPower& clocks_;
  bool is_running_ = false;
  uint64_t origin_ns_ = 0;
  uint64_t base_ = 0;
  uint64_t seen_ = 0;
  uint64_t unsafe_until_[4] = {};  // a match up to here is lost: CC was written too late
};

}  // namespace tinyhost::emulator
