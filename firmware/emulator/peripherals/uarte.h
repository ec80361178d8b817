#pragma once

#include <string>

#include "emulator/peripherals/peripheral.h"

namespace tinyhost::emulator {

/// UARTE, product specification, 6.34, as an output for debug messages: what is sent appears in the log.
class Uarte final : public Peripheral {
 public:
  Uarte(System system, const char* name, uint32_t base);

 private:
  void OnTask(uint32_t offset) override;

  std::string line_;
};

}  // namespace tinyhost::emulator
