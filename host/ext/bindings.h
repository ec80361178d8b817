#pragma once

#include <nanobind/nanobind.h>

#include "core/status.h"
#include "engine/image_view.h"

namespace tinyhost {

/// Each registers one library with the module.
void BindAnomaly(nanobind::module_& module);
void BindCore(nanobind::module_& module);
void BindEngine(nanobind::module_& module);
void BindFrontend(nanobind::module_& module);
void BindGestures(nanobind::module_& module);
void BindModelStore(nanobind::module_& module);
void BindMotion(nanobind::module_& module);
void BindProtocol(nanobind::module_& module);
void BindVision(nanobind::module_& module);

/// Throws _firmware.StatusError, whose `status` is the code, unless `status` is OK.
void ThrowUnlessOk(Status status, const char* what);

}  // namespace tinyhost
