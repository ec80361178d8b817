#pragma once

#include <cstddef>
#include <cstdint>

#include "core/status.h"
#include "hal/sampling.h"
#include "hal/self_test.h"

namespace tinyhost::hal {

/// Degrees per second of one count of the gyroscope: +-2000.
constexpr float kRotationScale = 2000.0f / 32768.0f;

/// Accelerometer and gyroscope together, as hal/accelerometer.h has the first alone: each sample has the acceleration's
/// x, y, z, in Sampling.scale, and the rotation's, in kRotationScale. One or the other is on.
Status DescribeImu(SensorDescription* description);
Status StartImu(Sampling* sampling);
void StopImu();
Status ReadImu(int16_t* samples, size_t max, SampleBlock* block);

uint16_t ImuTestParts();
void TestImu(uint16_t part, FindingList* findings);

}  // namespace tinyhost::hal
