#pragma once

#include <cstddef>

#include "core/status.h"
#include "engine/engine.h"
#include "engine/image_format.h"

namespace tinyhost {

constexpr size_t kMaxKwsFeatures = 4096;  // of one input: 49 strides of 40 channels are 1960

/// The number of features in one input.
constexpr size_t InputFeatures(const KwsParams& params) {
  return size_t{params.n_coefficients != 0 ? params.n_coefficients : params.n_channels} * params.n_strides;
}

/// Reads how the loaded model must be used: from its task data, which are checked, or from kMicroSpeechKwsParams.
/// `wake` receives the bytes that follow them in a cascade (kws/cascade.h). Returns kImageMetadata if the task data are
/// not KwsParams or a field is out of its range, kModelMismatch if input and output are not as they say, or not int8.
Status ReadKwsParams(const Engine& engine, KwsParams* params, Bytes* wake);

}  // namespace tinyhost
