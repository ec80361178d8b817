#include <algorithm>

#include "drivers/motion_sensor.h"

namespace tinyhost {
namespace {

constexpr uint8_t kAddress = 0x6b;
constexpr uint8_t kWhoAmI = 0x0f;
constexpr uint8_t kWhoAmIValue = 0x68;
constexpr uint8_t kCtrlReg1G = 0x10;
constexpr uint8_t kCtrlReg6Xl = 0x20;
constexpr uint8_t kCtrlReg8 = 0x22;
constexpr uint8_t kCtrlReg9 = 0x23;
constexpr uint8_t kOutXXl = 0x28;
constexpr uint8_t kFifoCtrl = 0x2e;
constexpr uint8_t kFifoSrc = 0x2f;

constexpr uint8_t kPowerDown = 0x00;
constexpr uint8_t kRate119HzRange4g = 0x70;
constexpr uint8_t kWholeSamplesAndIncrement = 0x44;  // BDU, IF_ADD_INC
constexpr uint8_t kFifoEnable = 0x02;
constexpr uint8_t kFifoBypass = 0x00;  // empties it
constexpr uint8_t kFifoContinuous = 0xc0;
constexpr uint8_t kOverrun = 0x40;
constexpr uint8_t kLevel = 0x3f;

}  // namespace

bool Lsm9ds1::IsThere() {
  uint8_t value = 0;
  return bus_->Read(kAddress, kWhoAmI, &value, 1) && value == kWhoAmIValue;
}

Status Lsm9ds1::Start(uint64_t now_us) {
  const bool is_set = IsThere() && bus_->WriteByte(kAddress, kCtrlReg8, kWholeSamplesAndIncrement) &&
                      bus_->WriteByte(kAddress, kCtrlReg1G, kPowerDown) &&  // the gyroscope would set the rate
                      bus_->WriteByte(kAddress, kCtrlReg9, kFifoEnable) &&
                      bus_->WriteByte(kAddress, kFifoCtrl, kFifoBypass) &&
                      bus_->WriteByte(kAddress, kCtrlReg6Xl, kRate119HzRange4g) &&
                      bus_->WriteByte(kAddress, kFifoCtrl, kFifoContinuous);
  read_us_ = now_us;
  n_left_ = 0;
  return is_set ? Status::kOk : Status::kNoSensor;
}

void Lsm9ds1::Stop() { bus_->WriteByte(kAddress, kCtrlReg6Xl, kPowerDown); }

/// The sensor only says that samples were overwritten; how many, its rate and the clock say.
uint32_t Lsm9ds1::Overwritten(size_t level, uint64_t now_us) const {
  const uint64_t n_measured = (now_us - read_us_) * kRateMhz / 1'000'000'000;
  const uint64_t n_came = n_left_ + n_measured;
  return n_came > level + 1 ? static_cast<uint32_t>(n_came - level) : 1;
}

Status Lsm9ds1::Read(int16_t* xyz, size_t max, uint64_t now_us, FifoBlock* block) {
  uint8_t source = 0;
  if (!bus_->Read(kAddress, kFifoSrc, &source, 1)) return Status::kSensorTimeout;
  const size_t level = std::min<size_t>(source & kLevel, kFifoSamples);
  const size_t n = std::min(level, max);
  for (size_t i = 0; i < n; ++i) {  // one by one: six bytes move the FIFO on by one sample
    uint8_t bytes[6] = {};
    if (!bus_->Read(kAddress, kOutXXl, bytes, sizeof(bytes))) return Status::kSensorTimeout;
    for (size_t axis = 0; axis < 3; ++axis) {
      xyz[3 * i + axis] = static_cast<int16_t>(bytes[2 * axis] | bytes[2 * axis + 1] << 8);
    }
  }
  *block = {n, 0, level - n};
  if (n == 0) return Status::kOk;
  if ((source & kOverrun) != 0) block->n_lost = Overwritten(level, now_us);
  read_us_ = now_us;
  n_left_ = level - n;
  return Status::kOk;
}

}  // namespace tinyhost
