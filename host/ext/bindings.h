#pragma once

#include <nanobind/nanobind.h>

#include "core/status.h"
#include "engine/image_view.h"

namespace tinyhost {

/// Each registers one library with the module.
void BindCore(nanobind::module_& module);
void BindEngine(nanobind::module_& module);
void BindVision(nanobind::module_& module);

/// Throws _firmware.StatusError, which carries the code, unless `status` is OK.
void ThrowUnlessOk(Status status, const char* what);

/// The buffer's bytes; throws TypeError if it is not contiguous.
struct ByteSpan {
  const uint8_t* data;
  size_t n_bytes;
};

}  // namespace tinyhost
