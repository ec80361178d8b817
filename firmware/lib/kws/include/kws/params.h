#pragma once

#include <cstddef>

#include "core/status.h"
#include "engine/engine.h"
#include "engine/image_format.h"

namespace tinyhost {

constexpr size_t kMaxKwsFeatures = 4096;  // of one input: 49 strides of 40 channels are 1960
constexpr uint16_t kMaxAverageMs = 2000;
constexpr uint16_t kMaxSuppressionMs = 10'000;
constexpr uint16_t kMaxMinResults = 100;
constexpr uint32_t kMaxPeriodMs = 60'000;

/// What a model without task data is taken for: TensorFlow Lite Micro's micro_speech, with its features, its labels
/// (silence, unknown, then words) and what its RecognizeCommands is set to.
constexpr KwsParams kMicroSpeechParams = {16'000, 30, 20, 40, 49, 1000, 1500, 2, 3, 0};
/// And its threshold: more than 200 of 255.
constexpr int32_t kMicroSpeechThreshold = 201 - 128;

/// Reads how the loaded model wants to be used: from its task data, which is checked, or kMicroSpeechParams.
/// kImageMetadata: the task data is no KwsParams, or a field is out of its range; kModelMismatch: input and output are
/// not what it says, or not int8.
Status ReadKwsParams(const Engine& engine, KwsParams* params);

}  // namespace tinyhost
