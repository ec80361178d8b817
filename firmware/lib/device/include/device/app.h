#pragma once

#include <cstddef>
#include <cstdint>

#include "core/status.h"
#include "device/settings.h"
#include "engine/engine.h"
#include "protocol/messages.h"

namespace tinyhost {

/// An 8-bit grayscale picture, row by row.
struct Picture {
  const uint8_t* pixels;
  uint16_t width;
  uint16_t height;
};

/// One step of the live loop. Scores are the model's output as it is, int8.
struct LiveResult {
  Prediction prediction;
  int8_t scores[kMaxScores];
  int8_t smoothed[kMaxScores];
};

/// What an app is to the device that runs it. Functions are called from AppBegin() and AppPoll() only.
struct App {
  const char* name;
  const SettingSpec* settings;
  size_t n_settings;

  /// kModelMismatch if the loaded model cannot be this app's.
  Status (*check_model)(const Engine& engine);
  /// A model was loaded that fits: takes its defaults for settings, forgets earlier results.
  void (*start_model)(const Engine& engine, SettingTable* settings);
  /// Fills the engine's input tensor.
  Status (*prepare)(const Picture& picture, const Engine& engine);
  /// Draws conclusions from the engine's output tensor: everything of `result` but ticks, index and status.
  void (*conclude)(const Engine& engine, const SettingTable& settings, LiveResult* result);
  /// The result in a few words, e.g. "person 87%".
  void (*describe)(const Engine& engine, const LiveResult& result, char* text, size_t text_bytes);
};

/// The app of this firmware; each folder of firmware/apps defines its own.
const App& TheApp();

/// Starts the device: finds the active model and the settings. After hal::BoardBegin().
void AppBegin();
/// Answers what the host asked and takes at most one live step; else sleeps a little. Call it for ever.
void AppPoll();

}  // namespace tinyhost
