#pragma once

#include <cstddef>
#include <cstdint>

#include "core/status.h"
#include "hal/sampling.h"
#include "hal/self_test.h"

namespace tinyhost::hal {

/// Degrees per second per count of the gyroscope, whose range is +-2000.
constexpr float kRotationScale = 2000.0f / 32768.0f;

/// Accelerometer and gyroscope together; the functions are those of hal/accelerometer.h. Each sample has x, y, z of the
/// acceleration, in Sampling.scale, and of the rotation, in kRotationScale. Only one of the two interfaces is on at a
/// time.
Status DescribeImu(SensorDescription* description);
Status StartImu(Sampling* sampling);
void StopImu();
Status ReadImu(int16_t* samples, size_t max, SampleBlock* block);

uint16_t ImuTestParts();
void TestImu(uint16_t part, FindingList* findings);

}  // namespace tinyhost::hal
