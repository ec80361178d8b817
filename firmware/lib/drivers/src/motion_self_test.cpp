#include "drivers/motion_self_test.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "drivers/motion_sensor.h"
#include "hal/imu.h"

namespace tinyhost {
namespace {

constexpr size_t kAxes = 3;
constexpr uint8_t kTestValues[] = {0x55, 0xaa, 0x00, 0xff};

// Registers of the LSM9DS1 that its driver does not need.
constexpr uint8_t kLsmAddress = 0x6b;
constexpr uint8_t kLsmThreshold = 0x07;  // INT_GEN_THS_X_XL, of an interrupt that nobody enabled; 0 after a reset
constexpr uint8_t kLsmWhoAmI = 0x0f;
constexpr uint8_t kLsmCtrlReg1G = 0x10;
constexpr uint8_t kLsmCtrlReg6Xl = 0x20;
constexpr uint8_t kLsmCtrlReg8 = 0x22;
constexpr uint8_t kLsmCtrlReg9 = 0x23;
constexpr uint8_t kLsmCtrlReg10 = 0x24;
constexpr uint8_t kLsmStatus = 0x27;
constexpr uint8_t kLsmOut = 0x28;
constexpr uint8_t kLsmFifoCtrl = 0x2e;
constexpr uint8_t kRate50HzRange2g = 0x40;
constexpr uint8_t kWholeSamplesAndIncrement = 0x44;
constexpr uint8_t kSelfTestOn = 0x01;  // ST_XL
constexpr uint8_t kIsNew = 0x01;       // XLDA
constexpr uint32_t kLsmSettleMs = 200;
constexpr int kLsmSamples = 5;
constexpr int kLsmPolls = 60;  // of 2 ms, for a sample that comes every 20
constexpr uint32_t kLsmPollMs = 2;
constexpr int32_t kLsmMicroG = 61;  // of a count at 2 g
constexpr hal::Limits kLsmDeflection = {70, 1500};

// Registers of the BMI270.
constexpr uint8_t kBmiChipId = 0x00;
constexpr uint8_t kBmiData = 0x0c;  // ACC_X, ACC_Y, ACC_Z
constexpr uint8_t kBmiAccConf = 0x40;
constexpr uint8_t kBmiAccRange = 0x41;
constexpr uint8_t kBmiWatermark = 0x46;  // FIFO_WTM_0, of an interrupt that nobody enabled; 0 after a reset
constexpr uint8_t kBmiSelfTest = 0x6d;
constexpr uint8_t kBmiPwrConf = 0x7c;
constexpr uint8_t kBmiPwrCtrl = 0x7d;
constexpr uint8_t kRate1600HzNormalFilter = 0xac;
constexpr uint8_t kRange16g = 0x03;
constexpr uint8_t kStrongPositive = 0x0d;  // amplitude high, sign positive, enabled
constexpr uint8_t kStrongNegative = 0x09;
constexpr uint32_t kBmiSettleMs = 60;       // more than 50
constexpr int32_t kBmiCountsPerG = 2048;    // at 16 g
constexpr int32_t kBmiLargestDiff = 32000;  // mg: from one end of the range to the other
constexpr hal::Limits kBmiDeflections[kAxes] = {
    {16000, kBmiLargestDiff}, {-kBmiLargestDiff, -15000}, {10000, kBmiLargestDiff}};

// 90 mg of zero-g offset on each axis (LSM9DS1, table 3; BMI270 less), which may add up to 156.
constexpr hal::Limits kGravityMg = {840, 1160};
constexpr int32_t kMostMovementMg = 60;

// Hundredths of a degree per second: what a gyroscope at rest may report (LSM9DS1, table 3, zero-rate level at 2000
// dps; BMI270 less), and how much it may vary.
constexpr hal::Limits kRestRotation = {-3000, 3000};
constexpr int32_t kMostTurning = 300;

void Unpack(const uint8_t* bytes, int32_t* xyz) {
  for (size_t axis = 0; axis < kAxes; ++axis) {
    xyz[axis] = static_cast<int16_t>(bytes[2 * axis] | bytes[2 * axis + 1] << 8);
  }
}

/// Returns false if the chip does not answer, or is another one: then the other tests are useless.
bool CheckIdentity(RegisterBus* bus, uint8_t device, uint8_t register_address, int32_t expected,
                   hal::FindingList* findings) {
  uint8_t id = 0;
  if (!bus->Read(device, register_address, &id, 1)) {
    findings->Fail(SelfTestCheck::kIdentity, Status::kNoSensor);
    return false;
  }
  findings->Add(SelfTestCheck::kIdentity, id, {expected, expected});
  return id == expected;
}

/// Adds up the next samples, each one new.
bool SumLsm(RegisterBus* bus, WaitMs wait_ms, int32_t* sums) {
  for (int i = 0; i < kLsmSamples + 1; ++i) {
    uint8_t status = 0;
    for (int n_polls = 0; (status & kIsNew) == 0; ++n_polls) {
      if (n_polls == kLsmPolls || !bus->Read(kLsmAddress, kLsmStatus, &status, 1)) return false;
      if ((status & kIsNew) == 0) wait_ms(kLsmPollMs);
    }
    uint8_t bytes[2 * kAxes] = {};
    if (!bus->Read(kLsmAddress, kLsmOut, bytes, sizeof(bytes))) return false;
    int32_t xyz[kAxes];
    Unpack(bytes, xyz);
    for (size_t axis = 0; axis < kAxes && i > 0; ++axis) sums[axis] += xyz[axis];  // the first may be an old one
  }
  return true;
}

bool DeflectLsm(RegisterBus* bus, WaitMs wait_ms, int32_t* at_rest, int32_t* deflected) {
  const bool is_set = bus->WriteByte(kLsmAddress, kLsmCtrlReg8, kWholeSamplesAndIncrement) &&
                      bus->WriteByte(kLsmAddress, kLsmCtrlReg1G, 0) && bus->WriteByte(kLsmAddress, kLsmCtrlReg9, 0) &&
                      bus->WriteByte(kLsmAddress, kLsmFifoCtrl, 0) &&
                      bus->WriteByte(kLsmAddress, kLsmCtrlReg6Xl, kRate50HzRange2g);
  if (!is_set) return false;
  wait_ms(kLsmSettleMs);
  if (!SumLsm(bus, wait_ms, at_rest) || !bus->WriteByte(kLsmAddress, kLsmCtrlReg10, kSelfTestOn)) return false;
  wait_ms(kLsmSettleMs);
  return SumLsm(bus, wait_ms, deflected);
}

bool ReadBmi(RegisterBus* bus, int32_t* xyz) {
  uint8_t bytes[2 * kAxes] = {};
  if (!bus->Read(Bmi270::kAddress, kBmiData, bytes, sizeof(bytes))) return false;
  Unpack(bytes, xyz);
  return true;
}

bool DeflectBmi(RegisterBus* bus, WaitMs wait_ms, int32_t* positive, int32_t* negative) {
  const auto write = [bus](uint8_t address, uint8_t value) { return bus->WriteByte(Bmi270::kAddress, address, value); };
  const bool is_set = write(kBmiPwrConf, 0) && write(kBmiPwrCtrl, 0x04) &&
                      write(kBmiAccConf, kRate1600HzNormalFilter) && write(kBmiAccRange, kRange16g) &&
                      write(kBmiSelfTest, kStrongPositive);
  if (!is_set) return false;
  wait_ms(kBmiSettleMs);
  if (!ReadBmi(bus, positive) || !write(kBmiSelfTest, kStrongNegative)) return false;
  wait_ms(kBmiSettleMs);
  return ReadBmi(bus, negative);
}

}  // namespace

void TestRegister(RegisterBus* bus, uint8_t device, uint8_t register_address, uint8_t value_after,
                  hal::FindingList* findings) {
  int32_t n_right = 0;
  for (const uint8_t value : kTestValues) {
    uint8_t read = 0;
    const bool is_read =
        bus->WriteByte(device, register_address, value) && bus->Read(device, register_address, &read, 1);
    n_right += is_read && read == value ? 1 : 0;
  }
  const bool is_back = bus->WriteByte(device, register_address, value_after);
  constexpr auto kAll = static_cast<int32_t>(sizeof(kTestValues));
  if (!is_back) return findings->Fail(SelfTestCheck::kRegisters, Status::kSensorTimeout);
  findings->Add(SelfTestCheck::kRegisters, n_right, {kAll, kAll});
}

void TestLsm9ds1Chip(RegisterBus* bus, WaitMs wait_ms, hal::FindingList* findings) {
  if (!CheckIdentity(bus, kLsmAddress, kLsmWhoAmI, 0x68, findings)) {
    findings->Skip(SelfTestCheck::kRegisters);
    return findings->Skip(SelfTestCheck::kDeflectionSize);
  }
  TestRegister(bus, kLsmAddress, kLsmThreshold, 0, findings);
  int32_t at_rest[kAxes] = {};
  int32_t deflected[kAxes] = {};
  const bool is_done = DeflectLsm(bus, wait_ms, at_rest, deflected);
  const bool is_back = bus->WriteByte(kLsmAddress, kLsmCtrlReg10, 0) && bus->WriteByte(kLsmAddress, kLsmCtrlReg6Xl, 0);
  if (!is_done || !is_back) return findings->Fail(SelfTestCheck::kDeflectionSize, Status::kSensorTimeout);
  for (uint8_t axis = 0; axis < kAxes; ++axis) {
    const int32_t mg = std::abs(deflected[axis] - at_rest[axis]) * kLsmMicroG / (1000 * kLsmSamples);
    findings->Add(SelfTestCheck::kDeflectionSize, mg, kLsmDeflection, axis);
  }
}

void TestBmi270Chip(RegisterBus* bus, WaitMs wait_ms, hal::FindingList* findings) {
  if (!CheckIdentity(bus, Bmi270::kAddress, kBmiChipId, 0x24, findings)) {
    findings->Skip(SelfTestCheck::kRegisters);
    return findings->Skip(SelfTestCheck::kDeflection);
  }
  TestRegister(bus, Bmi270::kAddress, kBmiWatermark, 0, findings);
  int32_t positive[kAxes] = {};
  int32_t negative[kAxes] = {};
  const bool is_done = DeflectBmi(bus, wait_ms, positive, negative);
  const bool is_back =
      bus->WriteByte(Bmi270::kAddress, kBmiSelfTest, 0) && bus->WriteByte(Bmi270::kAddress, kBmiPwrCtrl, 0);
  if (!is_done || !is_back) return findings->Fail(SelfTestCheck::kDeflection, Status::kSensorTimeout);
  for (uint8_t axis = 0; axis < kAxes; ++axis) {
    const int32_t mg = (positive[axis] - negative[axis]) * 1000 / kBmiCountsPerG;
    findings->Add(SelfTestCheck::kDeflection, mg, kBmiDeflections[axis], axis);
  }
}

void TestGravity(const StreamTotals& totals, float scale, hal::FindingList* findings) {
  float square = 0;
  float movement = 0;
  for (size_t axis = 0; axis < kAxes; ++axis) {
    square += totals.Mean(axis) * totals.Mean(axis);
    movement = std::max(movement, totals.StandardDeviation(axis));
  }
  const float mg = 1000 * scale;
  const auto movement_mg = static_cast<int32_t>(movement * mg + 0.5f);
  findings->Note(SelfTestCheck::kMovement, movement_mg, {0, kMostMovementMg});
  if (movement_mg > kMostMovementMg) return findings->Skip(SelfTestCheck::kGravity);
  findings->Add(SelfTestCheck::kGravity, static_cast<int32_t>(std::sqrt(square) * mg + 0.5f), kGravityMg);
}

void TestRotation(const StreamTotals& totals, hal::FindingList* findings) {
  const auto hundredths = [](float counts) {
    return static_cast<int32_t>(counts * (100 * hal::kRotationScale) + (counts < 0 ? -0.5f : 0.5f));
  };
  for (size_t axis = kAxes; axis < kMotionAxesWithGyroscope; ++axis) {
    if (hundredths(totals.StandardDeviation(axis)) > kMostTurning) return findings->Skip(SelfTestCheck::kRotation);
  }
  for (uint8_t axis = 0; axis < kAxes; ++axis) {
    findings->Add(SelfTestCheck::kRotation, hundredths(totals.Mean(kAxes + axis)), kRestRotation, axis);
  }
}

}  // namespace tinyhost
