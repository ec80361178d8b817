#include <algorithm>

#include "drivers/motion_sensor.h"
#include "motion_values.h"

namespace tinyhost {
namespace {

constexpr uint8_t kAddress = 0x6b;
constexpr uint8_t kWhoAmI = 0x0f;
constexpr uint8_t kWhoAmIValue = 0x68;
constexpr uint8_t kCtrlReg1G = 0x10;
constexpr uint8_t kCtrlReg6Xl = 0x20;
constexpr uint8_t kCtrlReg8 = 0x22;
constexpr uint8_t kCtrlReg9 = 0x23;
constexpr uint8_t kOutXG = 0x18;
constexpr uint8_t kOutXXl = 0x28;
constexpr uint8_t kFifoCtrl = 0x2e;
constexpr uint8_t kFifoSrc = 0x2f;

constexpr uint8_t kPowerDown = 0x00;
constexpr uint8_t kRate119HzRange4g = 0x70;
constexpr uint8_t kRate119HzRange2000Dps = 0x78;
constexpr uint8_t kWholeSamplesAndIncrement = 0x44;  // BDU, IF_ADD_INC
constexpr uint8_t kFifoEnable = 0x02;
constexpr uint8_t kFifoBypass = 0x00;  // empties it
constexpr uint8_t kFifoContinuous = 0xc0;
constexpr uint8_t kOverrun = 0x40;
constexpr uint8_t kLevel = 0x3f;

/// Converts a count of the gyroscope, 70 mdps at +-2000 dps (table 3), to hal::kRotationScale, 61.035 mdps.
int16_t Rotation(int16_t counts) {
  return static_cast<int16_t>(std::clamp(counts * int32_t{367} / 320, int32_t{INT16_MIN}, int32_t{INT16_MAX}));
}

/// Takes one sample and advances the FIFO: all bytes in one read, section 3.3.7. The gyroscope's come first.
template <size_t kAxes>
bool ReadSample(RegisterBus* bus, int16_t* sample) {
  constexpr bool kHasGyroscope = kAxes != kAccelerationAxes;
  uint8_t bytes[2 * kAxes] = {};
  if (!bus->Read(kAddress, kHasGyroscope ? kOutXG : kOutXXl, bytes, sizeof(bytes))) return false;
  const uint8_t* acceleration = bytes + sizeof(bytes) - 2 * kAccelerationAxes;
  for (size_t axis = 0; axis < kAccelerationAxes; ++axis) {
    sample[axis] = MotionValue(acceleration + 2 * axis);
    if (kHasGyroscope) sample[kAxes - kAccelerationAxes + axis] = Rotation(MotionValue(bytes + 2 * axis));
  }
  return true;
}

}  // namespace

bool Lsm9ds1::IsThere() {
  uint8_t value = 0;
  return bus_->Read(kAddress, kWhoAmI, &value, 1) && value == kWhoAmIValue;
}

template <size_t kAxes>
Status Lsm9ds1::Start(uint64_t now_us) {
  constexpr uint8_t kGyroscope = kAxes == kAccelerationAxes ? kPowerDown : kRate119HzRange2000Dps;  // it sets the rate
  const bool is_set =
      IsThere() && bus_->WriteByte(kAddress, kCtrlReg8, kWholeSamplesAndIncrement) &&
      bus_->WriteByte(kAddress, kCtrlReg1G, kGyroscope) && bus_->WriteByte(kAddress, kCtrlReg9, kFifoEnable) &&
      bus_->WriteByte(kAddress, kFifoCtrl, kFifoBypass) && bus_->WriteByte(kAddress, kCtrlReg6Xl, kRate119HzRange4g) &&
      bus_->WriteByte(kAddress, kFifoCtrl, kFifoContinuous);
  read_us_ = now_us;
  n_left_ = 0;
  return is_set ? Status::kOk : Status::kNoSensor;
}

template <size_t kAxes>
void Lsm9ds1::Stop() {
  bus_->WriteByte(kAddress, kCtrlReg6Xl, kPowerDown);
  if (kAxes != kAccelerationAxes) bus_->WriteByte(kAddress, kCtrlReg1G, kPowerDown);
}

/// The sensor reports only that samples were overwritten; its rate and the clock tell how many.
uint32_t Lsm9ds1::Overwritten(size_t level, uint64_t now_us) const {
  const uint64_t n_measured = (now_us - read_us_) * kRateMhz / 1'000'000'000;
  const uint64_t n_came = n_left_ + n_measured;
  return n_came > level + 1 ? static_cast<uint32_t>(n_came - level) : 1;
}

template <size_t kAxes>
Status Lsm9ds1::Read(int16_t* samples, size_t max, uint64_t now_us, FifoBlock* block) {
  uint8_t source = 0;
  if (!bus_->Read(kAddress, kFifoSrc, &source, 1)) return Status::kSensorTimeout;
  const size_t level = std::min<size_t>(source & kLevel, kFifoSamples);
  const size_t n = std::min(level, max);
  for (size_t i = 0; i < n; ++i) {
    if (!ReadSample<kAxes>(bus_, samples + kAxes * i)) return Status::kSensorTimeout;
  }
  *block = {n, 0, level - n};
  if (n == 0) return Status::kOk;
  if ((source & kOverrun) != 0) block->n_lost = Overwritten(level, now_us);
  read_us_ = now_us;
  n_left_ = level - n;
  return Status::kOk;
}

template Status Lsm9ds1::Start<kAccelerationAxes>(uint64_t);
template Status Lsm9ds1::Start<kMotionAxesWithGyroscope>(uint64_t);
template void Lsm9ds1::Stop<kAccelerationAxes>();
template void Lsm9ds1::Stop<kMotionAxesWithGyroscope>();
template Status Lsm9ds1::Read<kAccelerationAxes>(int16_t*, size_t, uint64_t, FifoBlock*);
template Status Lsm9ds1::Read<kMotionAxesWithGyroscope>(int16_t*, size_t, uint64_t, FifoBlock*);

}  // namespace tinyhost
