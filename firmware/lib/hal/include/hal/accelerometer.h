#pragma once

#include <cstddef>
#include <cstdint>

#include "core/status.h"
#include "hal/sampling.h"
#include "hal/self_test.h"

namespace tinyhost::hal {

/// Which one there is, and how it will sample, without starting it. kNoSensor: none there.
Status DescribeAccelerometer(SensorDescription* description);
/// Switches it on. Positions count from 0 again. kNoSensor: none there.
Status StartAccelerometer(Sampling* sampling);
void StopAccelerometer();
/// Takes up to `max` samples, x, y and z each, that follow the last ones; never waits. The board keeps at least 100 ms
/// for a late reader.
/// kSensorTimeout: it stopped; kBadState: it is off. `xyz` and `block` are to be used only if the result is kOk.
Status ReadAccelerometer(int16_t* xyz, size_t max, SampleBlock* block);

/// How many parts its self-test has. Each takes up to 5 s, leaves the accelerometer off, and needs
/// none of the others.
uint16_t AccelerometerTestParts();
/// Runs one of them.
void TestAccelerometer(uint16_t part, FindingList* findings);

}  // namespace tinyhost::hal
