#include "hal/microphone.h"

#include "boards/virtual/sampled_sensor.h"

namespace tinyhost::hal {
namespace {

SampledSensor sensor(SceneSensor::kMicrophone, 1);

}  // namespace

Status DescribeMicrophone(SensorDescription* description) { return sensor.Describe(description); }

Status StartMicrophone(Sampling* sampling) { return sensor.Start(sampling); }

void StopMicrophone() { sensor.Stop(); }

Status ReadMicrophone(int16_t* samples, size_t max, SampleBlock* block) { return sensor.Read(samples, max, block); }

}  // namespace tinyhost::hal
