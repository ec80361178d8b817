#pragma once

#include "emulator/peripherals/i2c_device.h"
#include "emulator/peripherals/peripheral.h"

namespace tinyhost::emulator {

/// TWIM, the I2C master with EasyDMA: product specification, 6.31. Suspending is not modelled.
class Twim final : public Peripheral {
 public:
  Twim(System system, const char* name, uint32_t base, I2cBus& bus);

  void Reset() override;
  uint64_t NextEvent() const override { return due_; }
  void Tick() override;

 private:
  enum class Step : uint8_t { kIdle, kNotAcknowledged, kSending, kReceiving, kStopping };

  void OnTask(uint32_t offset) override;
  void OnWrite(uint32_t offset, uint32_t value) override;
  bool CanStart();
  void StartSending();
  void StartReceiving();
  void Begin(Step step, uint64_t n_bytes);
  void Stop();
  uint64_t CyclesPerByte() const;
  I2cDevice* Device();

  I2cBus& bus_;
  Step step_ = Step::kIdle;
  uint64_t due_ = kNever;
};

}  // namespace tinyhost::emulator
