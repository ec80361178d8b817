// Revision 1 of the board has an LSM9DS1, revision 2 a BMI270. The answers on the bus tell which one it is.
#include "hal/accelerometer.h"

#include "boards/nano33ble_shared/bmi270_config.h"
#include "boards/nano33ble_shared/i2c_bus.h"
#include "boards/nano33ble_shared/parts.h"
#include "drivers/motion_sensor.h"
#include "hal/clock.h"
#include "hal/imu.h"

namespace tinyhost::hal {
namespace {

constexpr uint64_t kSilenceUs = 1'000'000;

enum class Chip : uint8_t { kUnknown, kLsm9ds1, kBmi270 };

Chip chip = Chip::kUnknown;
bool is_on = false;
uint64_t position = 0;
uint32_t n_lost = 0;
uint64_t heard_us = 0;

Lsm9ds1& TheLsm9ds1() {
  static Lsm9ds1 sensor(&SensorBus());
  return sensor;
}

Bmi270& TheBmi270() {
  static Bmi270 sensor(&SensorBus());
  return sensor;
}

Chip Find() {
  if (chip == Chip::kUnknown && TheLsm9ds1().IsThere()) chip = Chip::kLsm9ds1;
  if (chip == Chip::kUnknown && TheBmi270().IsThere()) chip = Chip::kBmi270;
  return chip;
}

template <size_t kAxes>
Status StartChip(uint64_t now_us) {
  switch (Find()) {
    case Chip::kLsm9ds1:
      return TheLsm9ds1().Start<kAxes>(now_us);
    case Chip::kBmi270:
      return ConfigureBmi270(&SensorBus()) ? TheBmi270().Start<kAxes>() : Status::kNoSensor;
    case Chip::kUnknown:
      break;
  }
  return Status::kNoSensor;
}

uint32_t RateMhz() { return chip == Chip::kLsm9ds1 ? Lsm9ds1::kRateMhz : Bmi270::kRateMhz; }

template <size_t kAxes>
Status Describe(SensorDescription* description) {
  if (Find() == Chip::kUnknown) return Status::kNoSensor;
  *description = {chip == Chip::kLsm9ds1 ? "LSM9DS1" : "BMI270", {RateMhz(), kMotionScale, kAxes}};
  return Status::kOk;
}

template <size_t kAxes>
[[gnu::noinline]] void Stop() {  // Start begins with it
  if (!is_on) return;
  is_on = false;
  if (chip == Chip::kLsm9ds1) TheLsm9ds1().Stop<kAxes>();
  if (chip == Chip::kBmi270) TheBmi270().Stop();
}

template <size_t kAxes>
Status Start(Sampling* sampling) {
  const Status status = StartChip<kAxes>(MicrosNow());
  if (status != Status::kOk) return status;
  *sampling = {RateMhz(), kMotionScale, kAxes};
  position = 0;
  n_lost = 0;
  heard_us = MicrosNow();
  is_on = true;
  return Status::kOk;
}

template <size_t kAxes>
Status Read(int16_t* samples, size_t max, SampleBlock* block) {
  if (!is_on) return Status::kBadState;
  const uint64_t now_us = MicrosNow();
  FifoBlock taken = {};
  const Status status = chip == Chip::kLsm9ds1 ? TheLsm9ds1().Read<kAxes>(samples, max, now_us, &taken)
                                               : TheBmi270().Read<kAxes>(samples, max, &taken);
  if (status != Status::kOk) return status;
  if (taken.n_samples != 0) heard_us = now_us;
  if (now_us - heard_us > kSilenceUs) return Status::kSensorTimeout;
  n_lost += taken.n_lost;
  position += taken.n_lost;
  const uint64_t age_us = (taken.n_samples + taken.n_waiting) * 1'000'000'000 / RateMhz();
  *block = {taken.n_samples, position, now_us - age_us, n_lost, taken.n_waiting};
  position += taken.n_samples;
  return Status::kOk;
}

}  // namespace

const char* AccelerometerRevision() {
  switch (Find()) {
    case Chip::kLsm9ds1:
      return "rev 1";
    case Chip::kBmi270:
      return "rev 2";
    case Chip::kUnknown:
      break;
  }
  return "";
}

Status DescribeAccelerometer(SensorDescription* description) { return Describe<kAccelerationAxes>(description); }

Status StartAccelerometer(Sampling* sampling) {
  StopAccelerometer();
  return Start<kAccelerationAxes>(sampling);
}

void StopAccelerometer() { Stop<kAccelerationAxes>(); }

Status ReadAccelerometer(int16_t* xyz, size_t max, SampleBlock* block) {
  return Read<kAccelerationAxes>(xyz, max, block);
}

Status DescribeImu(SensorDescription* description) { return Describe<kMotionAxesWithGyroscope>(description); }

Status StartImu(Sampling* sampling) {
  StopImu();
  return Start<kMotionAxesWithGyroscope>(sampling);
}

void StopImu() { Stop<kMotionAxesWithGyroscope>(); }

Status ReadImu(int16_t* samples, size_t max, SampleBlock* block) {
  return Read<kMotionAxesWithGyroscope>(samples, max, block);
}

}  // namespace tinyhost::hal
