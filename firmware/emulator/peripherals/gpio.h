#pragma once

#include <functional>

#include "emulator/peripherals/peripheral.h"

namespace tinyhost::emulator {

/// Levels that something outside the chip applies to pins of a port.
struct PinLevels {
  uint32_t driven = 0;  ///< which pins
  uint32_t levels = 0;
};

/// One port of GPIO: product specification, 6.9. Sensing and latching (GPIOTE) are not modelled.
class Gpio final : public Peripheral {
 public:
  Gpio(System system, const char* name, uint32_t base);

  void Reset() override;
  /// Connects a function that is called at each read of IN.
  void Wire(std::function<PinLevels()> outside) { outside_ = std::move(outside); }
  void SetOutputListener(std::function<void()> listener) { on_output_ = std::move(listener); }

  bool IsOutput(uint32_t pin) const { return (direction_ >> pin & 1) != 0; }
  bool IsDrivenHigh(uint32_t pin) const { return IsOutput(pin) && (out_ >> pin & 1) != 0; }
  bool IsPulledUp(uint32_t pin) const;

 private:
  void OnWrite(uint32_t offset, uint32_t value) override;
  uint32_t OnRead(uint32_t offset) override;
  uint32_t Levels() const;

  std::function<PinLevels()> outside_;
  std::function<void()> on_output_;
  uint32_t out_ = 0;
  uint32_t direction_ = 0;
  uint32_t connected_ = 0;  // input buffers that are on
  uint32_t pulled_up_ = 0;
};

}  // namespace tinyhost::emulator
