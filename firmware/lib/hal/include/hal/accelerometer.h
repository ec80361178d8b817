#pragma once

#include <cstddef>
#include <cstdint>

#include "core/status.h"
#include "hal/sampling.h"

namespace tinyhost::hal {

/// Switches it on. Positions count from 0 again. kNoSensor: none there.
Status StartAccelerometer(Sampling* sampling);
void StopAccelerometer();
/// Takes up to `max` samples, x, y and z each, that follow the last ones; never waits. The board keeps at least 100 ms
/// for a late reader.
/// kSensorTimeout: it stopped; kBadState: it is off. `xyz` and `block` are to be used only if the result is kOk.
Status ReadAccelerometer(int16_t* xyz, size_t max, SampleBlock* block);

}  // namespace tinyhost::hal
