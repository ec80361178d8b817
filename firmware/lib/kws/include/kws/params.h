#pragma once

#include <cstddef>

#include "core/status.h"
#include "engine/engine.h"
#include "engine/image_format.h"

namespace tinyhost {

constexpr size_t kMaxKwsFeatures = 4096;  // of one input: 49 strides of 40 channels are 1960

/// Reads how the loaded model wants to be used: from its task data, which is checked, or kMicroSpeechKwsParams.
/// kImageMetadata: the task data is no KwsParams, or a field is out of its range; kModelMismatch: input and output are
/// not what it says, or not int8.
Status ReadKwsParams(const Engine& engine, KwsParams* params);

}  // namespace tinyhost
