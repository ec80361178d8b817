#pragma once

#include "core/status.h"
#include "engine/engine.h"
#include "engine/image_format.h"

namespace tinyhost {

/// Reads how the loaded model wants to be used: from its task data, which is checked, or kUsualGestureParams with as
/// many steps as its input has. kImageMetadata: the task data is no GestureParams, or a field is out of its range;
/// kModelMismatch: the input is not int8 steps of 1/128, or input and output are not what the task data says.
Status ReadGestureParams(const Engine& engine, GestureParams* params);

}  // namespace tinyhost
