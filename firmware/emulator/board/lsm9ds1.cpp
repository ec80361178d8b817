#include "emulator/board/lsm9ds1.h"

namespace tinyhost::emulator {
namespace {

constexpr uint8_t kWhoAmI = 0x0f, kCtrlReg1G = 0x10, kCtrlReg6Xl = 0x20, kCtrlReg8 = 0x22, kCtrlReg9 = 0x23;
constexpr uint8_t kOutXG = 0x18, kOutZHighG = 0x1d;
constexpr uint8_t kCtrlReg10 = 0x24, kStatus = 0x27, kOutX = 0x28, kOutZHigh = 0x2d, kFifoCtrl = 0x2e, kFifoSrc = 0x2f;
constexpr uint8_t kIdentity = 0x68;
constexpr uint8_t kReboot = 0x80, kIncrement = 0x04, kSoftReset = 0x01;
constexpr uint8_t kFifoOn = 0x02, kSelfTestOn = 0x01, kOverrun = 0x40;
constexpr uint8_t kBypass = 0, kStopWhenFull = 1;

constexpr double kRatesHz[] = {0, 10, 50, 119, 238, 476, 952, 0};  // table 67; bandwidth is not modelled
constexpr double kRatesWithGyroHz[] = {0, 14.9, 59.5, 119, 238, 476, 952, 0};
// g per count: table 3 says 0.061, 0.732, 0.122 and 0.244 mg, rounded; +-16 g is 24 g of 32,768 there.
constexpr double kScales[] = {2.0 / 32768, 24.0 / 32768, 4.0 / 32768, 8.0 / 32768};
constexpr double kScalesDps[] = {0.00875, 0.0175, 0, 0.07};  // degrees per second per count: table 3
constexpr double kSelfTestG = 0.3;                           // 90 to 390 mg on each axis: table 3 (Xl ST)

}  // namespace

void Lsm9ds1Chip::SetPower(bool is_on) {
  if (is_on && !is_powered_) PowerOn();
  if (!is_on) clock_.Stop();
  is_powered_ = is_on;
}

void Lsm9ds1Chip::PowerOn() {
  registers_.fill(0);
  registers_[kWhoAmI] = kIdentity;
  registers_[kCtrlReg8] = kIncrement;
  registers_[0x1e] = registers_[0x1f] = 0x38;  // CTRL_REG4 and CTRL_REG5_XL: axes on
  clock_.Stop();
  fifo_.clear();
  has_overrun_ = false;
  shown_ = {};
}

bool Lsm9ds1Chip::has_gyroscope() const { return registers_[kCtrlReg1G] >> 5 != 0; }

/// With the gyroscope on, both run at its rate: 7.11, 7.20.
double Lsm9ds1Chip::RateHz() const {
  const int gyro = registers_[kCtrlReg1G] >> 5;
  const int accelerometer = registers_[kCtrlReg6Xl] >> 5;
  return gyro != 0 ? kRatesWithGyroHz[gyro] : kRatesHz[accelerometer];
}

Lsm9ds1Chip::Sample Lsm9ds1Chip::Convert(const Movement& movement) const {
  const double scale = kScales[registers_[kCtrlReg6Xl] >> 3 & 3];
  const double offset = (registers_[kCtrlReg10] & kSelfTestOn) != 0 ? kSelfTestG : 0;
  const double scale_dps = kScalesDps[registers_[kCtrlReg1G] >> 3 & 3];
  const Axes g = AccelerationOf(movement), dps = RotationOf(movement);
  Sample sample = {};
  for (size_t i = 0; i < g.size(); ++i) {
    if (has_gyroscope() && scale_dps > 0) sample[i] = ToCounts(dps[i], scale_dps);
    sample[3 + i] = ToCounts(g[i] + offset, scale);
  }
  return sample;
}

/// Takes the samples that are due by now.
void Lsm9ds1Chip::Measure() {
  double since_start_s = 0;
  while (clock_.Next(system_.clock.TrueNs(), &since_start_s)) {
    const Sample sample = Convert(motion_.At(since_start_s));
    const int mode = registers_[kFifoCtrl] >> 5;
    const bool has_fifo = (registers_[kCtrlReg9] & kFifoOn) != 0 && mode != kBypass;
    if (!has_fifo) fifo_.clear();
    if (has_fifo && fifo_.size() >= kFifoSamples) {
      has_overrun_ = true;
      if (mode == kStopWhenFull) continue;
      fifo_.pop_front();
    }
    fifo_.push_back(sample);
  }
}

void Lsm9ds1Chip::WriteRegister(uint8_t address, uint8_t value) {
  if (address == kCtrlReg8 && (value & (kSoftReset | kReboot)) != 0) {
    PowerOn();
    return;
  }
  Measure();
  registers_[address] = value;
  if (address == kCtrlReg6Xl || address == kCtrlReg1G) {
    const double rate_hz = RateHz();
    if (rate_hz == 0) {
      clock_.Stop();
      motion_.Stop();
    } else {
      motion_.Start();
      clock_.Start(motion_.start_ns(), rate_hz);
    }
  }
  if (address == kFifoCtrl && value >> 5 == kBypass) {
    fifo_.clear();
    has_overrun_ = false;
  }
}

uint8_t Lsm9ds1Chip::ReadRegister(uint8_t address) {
  Measure();
  if (address == kFifoSrc) {
    return static_cast<uint8_t>((has_overrun_ ? kOverrun : 0) | (fifo_.size() & 0x3f));
  }
  if (address == kStatus) return fifo_.empty() ? 0 : has_gyroscope() ? 3 : 1;
  const bool is_rotation = address >= kOutXG && address <= kOutZHighG;
  if (!is_rotation && (address < kOutX || address > kOutZHigh)) return registers_[address];
  if (address == (has_gyroscope() ? kOutXG : kOutX) && !fifo_.empty()) {  // the first byte advances the FIFO
    shown_ = fifo_.front();
    fifo_.pop_front();
    has_overrun_ = false;
  }
  const auto value = static_cast<uint16_t>(shown_[is_rotation ? (address - kOutXG) / 2u : 3 + (address - kOutX) / 2u]);
  return static_cast<uint8_t>((address & 1) != 0 ? value >> 8 : value & 0xff);
}

/// Reading on after OUT_Z continues with OUT_X: with the gyroscope's if it is on, followed by the accelerometer's:
/// 3.3.7.
uint8_t Lsm9ds1Chip::Next(uint8_t address) const {
  if ((registers_[kCtrlReg8] & kIncrement) == 0) return address;
  if (address == kOutZHighG && has_gyroscope()) return kOutX;
  return address == kOutZHigh ? (has_gyroscope() ? kOutXG : kOutX) : static_cast<uint8_t>(address + 1);
}

}  // namespace tinyhost::emulator
