#pragma once

#include <random>

#include "emulator/peripherals/peripheral.h"

namespace tinyhost::emulator {

/// RNG: product specification, 6.19. Its bytes come from the computer and differ in every run: there is no seed.
class Rng final : public Peripheral {
 public:
  explicit Rng(System system);

  void Reset() override;
  uint64_t NextEvent() const override { return due_; }
  void Tick() override;

 private:
  void OnTask(uint32_t offset) override;

  std::random_device random_;
  uint64_t due_ = kNever;
};

}  // namespace tinyhost::emulator
