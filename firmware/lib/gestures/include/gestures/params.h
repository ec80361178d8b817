#pragma once

#include "core/status.h"
#include "engine/engine.h"
#include "engine/image_format.h"

namespace tinyhost {

/// Reads how the loaded model must be used: from its task data, which are checked, or from kUsualGestureParams with as
/// many steps as its input has. Returns kImageMetadata if the task data are not GestureParams or a field is out of its
/// range, kModelMismatch if the input is not int8 steps of 1/128, or input and output are not what the task data say.
Status ReadGestureParams(const Engine& engine, GestureParams* params);

}  // namespace tinyhost
