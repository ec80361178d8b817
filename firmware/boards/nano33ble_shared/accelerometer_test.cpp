// The accelerometer's self-test.
#include "hal/accelerometer.h"

#include "boards/nano33ble_shared/bmi270_config.h"
#include "boards/nano33ble_shared/i2c_bus.h"
#include "boards/nano33ble_shared/parts.h"
#include "drivers/motion_self_test.h"
#include "drivers/motion_sensor.h"
#include "hal/clock.h"
#include "hal/imu.h"

#pragma GCC optimize("Os")  // it runs only on request, and waits for the chip anyway

namespace tinyhost::hal {
namespace {

constexpr uint32_t kRatePerMille = 80;  // the accelerometers' clocks are their own: neither datasheet promises more

enum Chip : int32_t { kNone = 0, kLsm9ds1 = 1, kBmi270 = 2 };

Chip ChipOfBoard() {
  const char* revision = AccelerometerRevision();  // "rev 1", "rev 2" or ""
  if (revision[0] == '\0') return kNone;
  return revision[4] == '1' ? kLsm9ds1 : kBmi270;
}

void TestSensorBus(FindingList* findings) {
  for (uint8_t line = 0; line < 2; ++line) {
    const Pin pin = line == 0 ? kSensorScl : kSensorSda;
    LineState state = LineState::kGood;
    if (!LineRises(pin, false)) state = LineRises(pin, true) ? LineState::kOpen : LineState::kLow;
    findings->AddLine(SelfTestCheck::kBusLine, line, state);
  }
}

void TestMotionChip(FindingList* findings) {
  TestSensorBus(findings);
  const Chip chip = ChipOfBoard();
  findings->Add(SelfTestCheck::kChip, chip, {kLsm9ds1, kBmi270});
  if (chip == kNone) return findings->Skip(SelfTestCheck::kIdentity);
  if (chip == kLsm9ds1) return TestLsm9ds1Chip(&SensorBus(), WaitMs, findings);
  if (!ConfigureBmi270(&SensorBus())) return findings->Fail(SelfTestCheck::kIdentity, Status::kNoSensor);
  TestBmi270Chip(&SensorBus(), WaitMs, findings);
}

/// A test after that of the stream; without samples, all of these are skipped.
using TestAtRest = void (*)(const StreamTotals& totals, float scale, FindingList* findings);

template <Status (*kStart)(Sampling*), TestAtRest kAtRest>
void TestMotionStream(void (*stop)(), Status (*read)(int16_t*, size_t, SampleBlock*), FindingList* findings) {
  static float scale = 0;
  const auto start = [](Sampling* sampling) {
    const Status status = kStart(sampling);
    scale = sampling->scale;
    return status;
  };
  StreamTotals totals;
  const bool is_bmi270 = ChipOfBoard() == kBmi270;
  const StreamLimits limits = {is_bmi270 ? Bmi270::kLongestStartMs : Lsm9ds1::kLongestStartMs, kRatePerMille};
  const SampledSource source = {start, stop, read, MicrosNow, WaitMs};
  if (TestStream(source, limits, &totals, findings)) return kAtRest(totals, scale, findings);
  findings->Skip(SelfTestCheck::kGravity);
}

void TestBoth(const StreamTotals& totals, float scale, FindingList* findings) {
  TestGravity(totals, scale, findings);
  TestRotation(totals, findings);
}

}  // namespace

uint16_t AccelerometerTestParts() { return 2; }

void TestAccelerometer(uint16_t part, FindingList* findings) {
  StopAccelerometer();
  if (part == 0) return TestMotionChip(findings);
  TestMotionStream<StartAccelerometer, TestGravity>(StopAccelerometer, ReadAccelerometer, findings);
}

uint16_t ImuTestParts() { return 2; }

void TestImu(uint16_t part, FindingList* findings) {
  StopImu();
  if (part == 0) return TestMotionChip(findings);
  TestMotionStream<StartImu, TestBoth>(StopImu, ReadImu, findings);
}

}  // namespace tinyhost::hal
