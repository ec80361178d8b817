#pragma once

#include "emulator/peripherals/peripheral.h"

namespace tinyhost::emulator {

/// CLOCK and POWER, which share an address: product specification, 5.4 and 5.3.
class ClockPower final : public Peripheral {
 public:
  explicit ClockPower(System system);

  /// Resets the chip for these reasons (RESETREAS), which accumulate. GPREGRET survives.
  void ResetBecause(uint32_t reasons);
  /// A power-on: nothing survives.
  void PowerOn();
  uint64_t NextEvent() const override;
  void Tick() override;

  /// Switches the 5 V of the USB cable.
  void SetVbus(bool is_on);
  bool has_vbus() const { return has_vbus_; }
  /// USBD was enabled or disabled: its regulator follows.
  void SetUsbEnabled(bool is_on);
  bool is_usb_powered() const;
  bool is_low_frequency_on() const { return is_lfclk_on_; }

  uint32_t retained() const { return at(kRetained); }
  void set_retained(uint32_t value) { at(kRetained) = value; }

  static constexpr uint32_t kByPin = 1, kByWatchdog = 2, kBySoftware = 4;

 private:
  static constexpr uint32_t kRetained = 0x51c;  // GPREGRET

  void OnTask(uint32_t offset) override;
  void OnWrite(uint32_t offset, uint32_t value) override;
  uint32_t OnRead(uint32_t offset) override;
  uint64_t CrystalStart(uint64_t now) const;

  bool has_vbus_ = true;
  bool is_crystal_wanted_ = false;
  bool is_lfclk_on_ = false;
  uint64_t crystal_at_ = kNever;
  uint64_t lfclk_at_ = kNever;
  uint64_t detected_at_ = kNever;
  uint64_t usb_ready_at_ = kNever;
  bool is_usb_ready_ = false;
};

}  // namespace tinyhost::emulator
