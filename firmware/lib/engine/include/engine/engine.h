#pragma once

// The engine of this program. Both engines have the same functions; a program contains one of them and loads only its
// images.
#ifdef TINYHOST_ENGINE_TFLM
#include "engine/tflm_engine.h"
#else
#include "engine/plan_engine.h"
#endif

namespace tinyhost {

#ifdef TINYHOST_ENGINE_TFLM
using Engine = TflmEngine;
#else
using Engine = PlanEngine;
#endif

}  // namespace tinyhost
