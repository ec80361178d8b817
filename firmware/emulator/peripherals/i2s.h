#pragma once

#include "emulator/peripherals/peripheral.h"

namespace tinyhost::emulator {

/// I2S, product specification, 6.11, as far as this board uses it: as the source of the camera's clock, MCK.
class I2s final : public Peripheral {
 public:
  explicit I2s(System system);

  void Reset() override;
  /// Cycles of the 64 MHz clock per cycle of MCK on a pin of port 0; 0 if it is off.
  uint64_t MasterClockCycles(uint32_t pin) const;

 private:
  void OnTask(uint32_t offset) override;

  bool is_started_ = false;
};

}  // namespace tinyhost::emulator
