#pragma once

#include <cstdint>

namespace tinyhost::emulator {

/// Registers that the product specification does not name, but Nordic's errata sheet of the nRF52840 writes to.
struct ErrataRegisters {
  uint32_t usb_key = 0;        ///< 0x4006EC00, which opens the others
  uint32_t usb_power_171 = 0;  ///< 0x4006EC14
  uint32_t usb_power_187 = 0;  ///< 0x4006ED14
  uint32_t usb_dma_199 = 0;    ///< 0x40027C1C

  bool is_171_applied() const { return usb_power_171 == 0xc0; }
  bool is_187_applied() const { return usb_power_187 == 3; }
  bool is_199_applied() const { return usb_dma_199 == 0x82; }
  void Reset() { *this = ErrataRegisters(); }
};

}  // namespace tinyhost::emulator
