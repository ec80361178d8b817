#pragma once

#include <cstddef>
#include <cstdint>

#include "core/status.h"
#include "hal/sampling.h"
#include "hal/self_test.h"

namespace tinyhost::hal {

/// Tells which sensor there is and how it will sample, without starting it. Returns kNoSensor if there is none.
Status DescribeAccelerometer(SensorDescription* description);
/// Switches it on. Positions count from 0 again. Returns kNoSensor if there is none.
Status StartAccelerometer(Sampling* sampling);
void StopAccelerometer();
/// Takes up to `max` samples of x, y and z that follow the previous ones; never waits. The board keeps at least 100 ms
/// for a late reader. Returns kSensorTimeout if the sensor stopped, kBadState if it is off. Use `xyz` and `block` only
/// if the result is kOk.
Status ReadAccelerometer(int16_t* xyz, size_t max, SampleBlock* block);

/// The number of parts of its self-test. Each takes up to 5 s, leaves the accelerometer off, and does not depend on
/// others.
uint16_t AccelerometerTestParts();
/// Runs one part.
void TestAccelerometer(uint16_t part, FindingList* findings);

}  // namespace tinyhost::hal
