#pragma once

#include "drivers/register_bus.h"

namespace tinyhost::hal {

/// Resets the BMI270 and loads its configuration file of 8 KB, without which it measures nothing; takes half a second.
/// Returns false if the chip rejected it.
bool ConfigureBmi270(RegisterBus* bus);

}  // namespace tinyhost::hal
