#pragma once

#include <array>
#include <cstdint>

#include "emulator/peripherals/errata_registers.h"
#include "emulator/peripherals/peripheral.h"

namespace tinyhost::emulator {

/// Finds the peripheral of an address: 0x40000000 (APB) and 0x50000000 (AHB: GPIO).
class Bus {
 public:
  static constexpr uint32_t kApbBegin = 0x40000000;
  static constexpr uint32_t kApbBytes = 0x100000;
  static constexpr uint32_t kGpioBegin = 0x50000000;
  static constexpr uint32_t kGpioBytes = 0x1000;
  static constexpr uint32_t kPort1Offset = 0x300;

  Bus(System system, ErrataRegisters& errata) : system_(system), errata_(errata) {}

  void Attach(Peripheral* peripheral) { at_.at((peripheral->base() - kApbBegin) >> 12) = peripheral; }
  void AttachPorts(Peripheral* port0, Peripheral* port1) {
    port0_ = port0;
    port1_ = port1;
  }

  uint32_t Read(uint32_t address, uint32_t n_bytes);
  void Write(uint32_t address, uint32_t n_bytes, uint32_t value);

 private:
  struct Target {
    Peripheral* peripheral;
    uint32_t offset;
  };
  Target Find(uint32_t address);
  uint32_t* FindHidden(uint32_t address);

  System system_;
  ErrataRegisters& errata_;
  uint32_t ignored_ = 0;
  static constexpr size_t kPlaces = kApbBytes / 4096;
  std::array<Peripheral*, kPlaces> at_ = {};
  Peripheral* port0_ = nullptr;
  Peripheral* port1_ = nullptr;
};

}  // namespace tinyhost::emulator
