#include "hal/accelerometer.h"

#include "boards/virtual/sampled_sensor.h"

namespace tinyhost::hal {
namespace {

SampledSensor sensor(SceneSensor::kAccelerometer, 3);

}  // namespace

Status DescribeAccelerometer(SensorDescription* description) { return sensor.Describe(description); }

Status StartAccelerometer(Sampling* sampling) { return sensor.Start(sampling); }

void StopAccelerometer() { sensor.Stop(); }

Status ReadAccelerometer(int16_t* xyz, size_t max, SampleBlock* block) { return sensor.Read(xyz, max, block); }

}  // namespace tinyhost::hal
