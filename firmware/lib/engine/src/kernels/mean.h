#pragma once

#include "kernel.h"

namespace tinyhost {

/// `check` of every MEAN kernel.
Status CheckMean(const OperatorView& op, uint64_t* work);

/// The output of a sum of values from which that many zero points were subtracted.
int8_t MeanOutput(const OperatorView& op, const MeanParams& params, uint32_t sum);

}  // namespace tinyhost
