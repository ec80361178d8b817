#pragma once

#include "emulator/peripherals/peripheral.h"

namespace tinyhost::emulator {

/// WDT: product specification, 6.36. It cannot be stopped, and resets the chip when it was not fed.
class Watchdog final : public Peripheral {
 public:
  explicit Watchdog(System system);

  /// A reset by pin or power stops it; one by software does not.
  void Reset() override {}
  void Stop();
  uint64_t NextEvent() const override { return due_; }
  void Tick() override;

 private:
  void OnTask(uint32_t offset) override;
  void OnWrite(uint32_t offset, uint32_t value) override;
  uint32_t OnRead(uint32_t offset) override;
  void Feed();

  uint64_t due_ = kNever;
  uint32_t awaited_ = 0;  // reload registers that were not written yet
};

}  // namespace tinyhost::emulator
