#pragma once

#include <cstdint>

#include "device/app.h"
#include "kws/recognizer.h"

namespace tinyhost {

/// App::conclude of the apps that tell events, words or gestures: the recognizer with the settings as they are.
void ConcludeEvent(const Engine& engine, const SettingTable& settings, uint64_t time_us, uint32_t n_silent,
                   Recognizer* recognizer, Result* result);

}  // namespace tinyhost
