#include "hal/accelerometer.h"

#include "boards/virtual/sampled_sensor.h"
#include "hal/imu.h"

namespace tinyhost::hal {
namespace {

SampledSensor accelerometer(SceneSensor::kAccelerometer, 3);
SampledSensor imu(SceneSensor::kAccelerometer, 6);

}  // namespace

Status DescribeAccelerometer(SensorDescription* description) { return accelerometer.Describe(description); }

Status StartAccelerometer(Sampling* sampling) { return accelerometer.Start(sampling); }

void StopAccelerometer() { accelerometer.Stop(); }

Status ReadAccelerometer(int16_t* xyz, size_t max, SampleBlock* block) { return accelerometer.Read(xyz, max, block); }

Status DescribeImu(SensorDescription* description) { return imu.Describe(description); }

Status StartImu(Sampling* sampling) { return imu.Start(sampling); }

void StopImu() { imu.Stop(); }

Status ReadImu(int16_t* samples, size_t max, SampleBlock* block) { return imu.Read(samples, max, block); }

}  // namespace tinyhost::hal
