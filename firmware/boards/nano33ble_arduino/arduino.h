#pragma once

// The Arduino core, for this folder only. Its macros break C++17's headers, which therefore come first.
// clang-format off
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>

#include <Arduino.h>
#include <USB/PluggableUSBSerial.h>
// clang-format on
