#pragma once

#include <array>
#include <cstdint>

#include "device/app.h"
#include "engine/image_format.h"
#include "kws/recognizer.h"

namespace tinyhost {

/// The settings of an app that detects events, words or gestures, and `more` of its own. Params is KwsParams or
/// GestureParams; those of a model without task data are the defaults until a model brings its own.
template <typename Params, typename... More>
constexpr std::array<SettingSpec, 6 + sizeof...(More)> EventSettings(const Params& params, int32_t max_period_ms,
                                                                     More... more) {
  return {{{Setting::kPeriodMs, 0, max_period_ms, static_cast<int32_t>(params.period_ms)},
           {Setting::kThreshold, INT8_MIN, INT8_MAX, 0},
           {Setting::kAverageMs, 0, kMaxAverageMs, params.average_ms},
           {Setting::kSuppressionMs, 0, kMaxSuppressionMs, params.suppression_ms},
           {Setting::kMinResults, 1, kMaxMinResults, params.min_results},
           {Setting::kUnsureMargin, 0, UINT8_MAX, 0},
           more...}};
}

/// Sets a model's own defaults for these settings.
template <typename Params>
void SetEventDefaults(const Params& params, int32_t threshold, SettingTable* settings) {
  settings->SetDefault(Setting::kPeriodMs, static_cast<int32_t>(params.period_ms));
  settings->SetDefault(Setting::kThreshold, threshold);
  settings->SetDefault(Setting::kAverageMs, params.average_ms);
  settings->SetDefault(Setting::kSuppressionMs, params.suppression_ms);
  settings->SetDefault(Setting::kMinResults, params.min_results);
}

/// App::conclude of these apps: runs the recognizer with the current settings.
void ConcludeEvent(const Engine& engine, const SettingTable& settings, uint64_t time_us, uint32_t n_silent,
                   Recognizer* recognizer, Result* result);

}  // namespace tinyhost
