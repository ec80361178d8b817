#pragma once

#include "engine/image_format.h"

namespace tinyhost::simd {

/// Whether the program links kernels that only save instructions: those for few channels and small maps go with those
/// of Winograd.
#ifdef TINYHOST_OPERATOR_GROUPS
constexpr bool kHasRoom = (TINYHOST_OPERATOR_GROUPS >> static_cast<int>(OperatorGroup::kWinograd) & 1) != 0;
#else
constexpr bool kHasRoom = true;
#endif

}  // namespace tinyhost::simd
