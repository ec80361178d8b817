#pragma once

#include "device/model_runner.h"
#include "mlperf/wake_word.h"

namespace tinyhost {

/// Whether the model is a streaming wake word's, by its shapes.
bool IsWakeWord(const Engine& engine);

/// Runs the active model on what the microphone hears; contexts are the ModelRunner.
mlperf::WakeDut TheWakeDut();

/// A pulse for an energy meter, at a timestamp.
void StampPulse(void*);

}  // namespace tinyhost
