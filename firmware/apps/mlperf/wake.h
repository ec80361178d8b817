#pragma once

#include "device/model_runner.h"
#include "mlperf/wake_word.h"

namespace tinyhost {

/// Whether the model is a streaming wake word model, judged by its shapes.
bool IsWakeWord(const Engine& engine);

/// Runs the active model on the microphone's sound; each context is the ModelRunner.
mlperf::WakeDut TheWakeDut();

/// A pulse for an energy meter, sent with a timestamp.
void StampPulse(void*);

}  // namespace tinyhost
