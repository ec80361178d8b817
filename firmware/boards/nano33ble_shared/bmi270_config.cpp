#include "boards/nano33ble_shared/bmi270_config.h"

#include "boards/nano33ble_shared/parts.h"
#include "drivers/motion_sensor.h"

// Bosch's file, which firmware/platform/bosch_file.py takes from a package and compiles.
extern "C" const uint8_t kBmi270ConfigurationFile[tinyhost::Bmi270::kConfigurationBytes];

namespace tinyhost::hal {

bool ConfigureBmi270(RegisterBus* bus) { return Bmi270(bus).Configure(kBmi270ConfigurationFile, WaitUs); }

}  // namespace tinyhost::hal
