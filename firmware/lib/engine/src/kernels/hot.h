#pragma once

// For kernel.h and fixed_point.h, which every kernel includes: kernels are compiled for speed even where the build
// optimizes for size, as Arduino's does.
#if defined(__OPTIMIZE_SIZE__) && defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("O2")
#endif

#include "core/portable.h"
