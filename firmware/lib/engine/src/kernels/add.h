#pragma once

#include "kernel.h"

namespace tinyhost {

constexpr int kAddLeftShift = 20;  // headroom that TFLM gives the sum of two 8-bit values

/// `check` of every ADD kernel.
Status CheckAdd(const OperatorView& op, uint64_t* work);

}  // namespace tinyhost
