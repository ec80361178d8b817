#include "emulator/board/bmi270.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace tinyhost::emulator {
namespace {

constexpr uint8_t kChipId = 0x00, kStatus = 0x03, kAccX = 0x0c, kGyrX = 0x12, kInternalStatus = 0x21;
constexpr uint8_t kFifoLength = 0x24, kGyrConf = 0x42, kGyrRange = 0x43;
constexpr uint8_t kFifoData = 0x26, kAccConf = 0x40, kAccRange = 0x41, kFifoConfig1 = 0x49, kInitCtrl = 0x59;
constexpr uint8_t kInitAddress0 = 0x5b, kInitAddress1 = 0x5c, kInitData = 0x5e, kAccSelfTest = 0x6d;
constexpr uint8_t kPwrConf = 0x7c, kPwrCtrl = 0x7d, kCmd = 0x7e;

constexpr uint8_t kIdentity = 0x24;
constexpr uint8_t kInitOk = 1, kInitError = 2;
constexpr uint8_t kAccelerometerOn = 0x04, kGyroscopeOn = 0x02, kPowerSave = 0x01, kDataReady = 0x80;
constexpr uint8_t kFifoAccelerometer = 0x40, kFifoGyroscope = 0x80, kFifoHeader = 0x10;
constexpr uint8_t kDataFrame = 0x80, kFrameAccelerometer = 0x04, kFrameGyroscope = 0x08;
constexpr uint8_t kSkipFrame = 0x40, kEmpty = 0x80;
constexpr uint8_t kRateMask = 0x0f;
constexpr uint8_t kSoftReset = 0xb6, kFlush = 0xb0;

constexpr uint64_t kConfigNs = 20 * Clock::kNsPerMs;  // from INIT_CTRL = 1 to INTERNAL_STATUS: 4.4
constexpr uint64_t kGyroscopeStartNs = 45 * Clock::kNsPerMs;
constexpr uint64_t kPowerSaveGapNs = 450'000;  // between two writes in power save: 4.5
constexpr double kSelfTestG[] = {10, -9, 6};   // beyond the limits of 4.9: 16, 15 and 10 g between the two signs

/// The bytes of the values, scaled so that full_scale is the greatest int16.
std::array<uint8_t, 6> BytesOf(const Axes& values, double full_scale) {
  std::array<uint8_t, 6> bytes = {};
  for (size_t i = 0; i < values.size(); ++i) {
    const auto counts = static_cast<uint16_t>(ToCounts(values[i], full_scale / 32768));
    bytes[2 * i] = static_cast<uint8_t>(counts & 0xff);
    bytes[2 * i + 1] = static_cast<uint8_t>(counts >> 8);
  }
  return bytes;
}

/// The sensor's axes on the board, which Arduino_BMI270_BMM150 turns back: x is -y of revision 1's sensor, and y is -x.
Axes Turned(const Axes& board) { return {-board[1], -board[0], board[2]}; }

}  // namespace

void Bmi270Chip::SetPower(bool is_on) {
  if (is_on && !is_powered_) PowerOn();
  if (!is_on) clock_.Stop();
  is_powered_ = is_on;
}

void Bmi270Chip::PowerOn() {
  registers_.fill(0);
  registers_[kChipId] = kIdentity;
  registers_[kAccConf] = 0xa8;
  registers_[kAccRange] = 2;
  registers_[0x42] = 0xa9;  // GYR_CONF
  registers_[0x45] = 0x88;  // FIFO_DOWNS
  registers_[0x48] = 2;     // FIFO_CONFIG_0
  registers_[kFifoConfig1] = kFifoHeader;
  registers_[kPwrConf] = 3;
  loaded_.assign(kConfigBytes, false);
  config_at_ = 0;
  config_done_ns_ = gyroscope_ready_ns_ = kNever;
  clock_.Stop();
  ClearFifo();
}

void Bmi270Chip::Begin() {
  I2cDevice::Begin();
  n_given_ = 0;
}

void Bmi270Chip::ClearFifo() {
  fifo_.clear();
  n_given_ = n_skipped_ = 0;
}

size_t Bmi270Chip::FifoBytes() const {
  return std::accumulate(fifo_.begin(), fifo_.end(), size_t{0},
                         [](size_t n, const std::vector<uint8_t>& frame) { return n + frame.size(); });
}

/// The address counts words of two bytes: 4.4.
void Bmi270Chip::LoadConfig() {
  if (config_at_ < kConfigBytes) loaded_[config_at_++] = true;
}

void Bmi270Chip::EndConfig() {
  const bool is_whole = std::all_of(loaded_.begin(), loaded_.end(), [](bool is_loaded) { return is_loaded; });
  if (!is_whole) system_.log.Say("BMI270: its configuration file was not loaded whole");
  registers_[kInternalStatus] = is_whole ? kInitOk : kInitError;
}

/// In power save the chip accepts one write per 450 us.
bool Bmi270Chip::IsWriteLost() {
  const uint64_t now = system_.clock.TrueNs();
  const bool is_soon = now - last_write_ns_ < kPowerSaveGapNs;
  last_write_ns_ = now;
  return (registers_[kPwrConf] & kPowerSave) != 0 && is_soon;
}

void Bmi270Chip::Restart() {
  if ((registers_[kPwrCtrl] & kAccelerometerOn) == 0) {
    clock_.Stop();
    motion_.Stop();
    return;
  }
  const double rate_hz = 100 * std::pow(2.0, (registers_[kAccConf] & kRateMask) - 8);  // 5.2.34
  motion_.Start();
  clock_.Start(motion_.start_ns(), rate_hz);
}

void Bmi270Chip::WriteRegister(uint8_t address, uint8_t value) {
  Measure();
  if (address == kInitData) return LoadConfig();
  if (IsWriteLost()) return;
  if (address == kCmd) {
    if (value == kSoftReset) PowerOn();
    if (value == kFlush) ClearFifo();
    return;
  }
  const uint8_t before = registers_[address];
  registers_[address] = value;
  if (address == kInitAddress0 || address == kInitAddress1) {
    config_at_ = 2 * ((registers_[kInitAddress0] & 0xfu) | static_cast<size_t>(registers_[kInitAddress1]) << 4);
  }
  if (address == kInitCtrl && value == 0) {
    loaded_.assign(kConfigBytes, false);
    config_at_ = 0;
    registers_[kInternalStatus] = 0;
  }
  if (address == kInitCtrl && value == 1) config_done_ns_ = system_.clock.TrueNs() + kConfigNs;
  if (address == kPwrCtrl && ((value ^ before) & kGyroscopeOn) != 0) {
    gyroscope_ready_ns_ = (value & kGyroscopeOn) != 0 ? system_.clock.TrueNs() + kGyroscopeStartNs : kNever;
  }
  if (address == kPwrCtrl && ((value ^ before) & kAccelerometerOn) != 0) Restart();
  if (address == kAccConf && value != before && clock_.is_on()) Restart();
}

/// The self-test deflects the masses to one side and then to the other: 4.9.
Axes Bmi270Chip::SelfTest(Axes g) const {
  if ((registers_[kAccSelfTest] & 1) == 0) return g;
  const double sign = (registers_[kAccSelfTest] & 4) != 0 ? 1 : -1;
  for (size_t i = 0; i < g.size(); ++i) g[i] = sign * kSelfTestG[i];
  return g;
}

bool Bmi270Chip::HasGyroscope(uint64_t now_ns) const {
  const bool is_same_rate = ((registers_[kGyrConf] ^ registers_[kAccConf]) & kRateMask) == 0;
  return is_same_rate && now_ns >= gyroscope_ready_ns_;
}

/// Takes the samples that are due by now.
void Bmi270Chip::Measure() {
  if (system_.clock.TrueNs() >= config_done_ns_) {
    config_done_ns_ = kNever;
    EndConfig();
  }
  double since_start_s = 0;
  while (clock_.Next(system_.clock.TrueNs(), &since_start_s)) {
    if (registers_[kInternalStatus] != kInitOk) continue;
    const Movement board = motion_.At(since_start_s);
    const double range_g = std::pow(2.0, 1 + (registers_[kAccRange] & 3));
    const double range_dps = 2000 / std::pow(2.0, registers_[kGyrRange] & 7);
    const std::array<uint8_t, 6> g = BytesOf(SelfTest(Turned(AccelerationOf(board))), range_g);
    const std::array<uint8_t, 6> dps = BytesOf(Turned(RotationOf(board)), range_dps);
    const bool has_gyroscope = HasGyroscope(motion_.start_ns() + static_cast<uint64_t>(since_start_s * 1e9));
    std::copy(g.begin(), g.end(), registers_.begin() + kAccX);
    if (has_gyroscope) std::copy(dps.begin(), dps.end(), registers_.begin() + kGyrX);
    registers_[kStatus] |= kDataReady;
    const uint8_t fifo = registers_[kFifoConfig1];
    std::vector<uint8_t> frame = {kDataFrame};
    const auto add = [&frame](uint8_t sensor, const std::array<uint8_t, 6>& values) {
      frame[0] |= sensor;
      frame.insert(frame.end(), values.begin(), values.end());
    };
    if (has_gyroscope && (fifo & kFifoGyroscope) != 0) add(kFrameGyroscope, dps);
    if ((fifo & kFifoAccelerometer) != 0) add(kFrameAccelerometer, g);
    if (frame.size() > 1) PushFrame(std::move(frame));
  }
}

/// A full FIFO drops its oldest frames, and reports how many in front of the others: 4.7.2.
void Bmi270Chip::PushFrame(std::vector<uint8_t> frame) {
  if ((registers_[kFifoConfig1] & kFifoHeader) == 0) frame.erase(frame.begin());
  size_t n_bytes = FifoBytes() + frame.size();
  for (; n_bytes > kFifoBytes; ++n_skipped_) {
    n_bytes -= fifo_.front().size();
    fifo_.pop_front();
    n_given_ = 0;
  }
  fifo_.push_back(std::move(frame));
}

uint8_t Bmi270Chip::PopFifo() {
  if (n_given_ == 0 && n_skipped_ != 0 && (registers_[kFifoConfig1] & kFifoHeader) != 0) {
    fifo_.push_front({kSkipFrame, static_cast<uint8_t>(std::min(n_skipped_, 255u))});
    n_skipped_ = 0;
  }
  if (fifo_.empty()) return kEmpty;
  const uint8_t byte = fifo_.front()[n_given_++];
  if (n_given_ == fifo_.front().size()) {
    fifo_.pop_front();
    n_given_ = 0;
  }
  return byte;
}

uint8_t Bmi270Chip::ReadRegister(uint8_t address) {
  Measure();
  if (address == kFifoLength) return static_cast<uint8_t>(FifoBytes() & 0xff);
  if (address == kFifoLength + 1) return static_cast<uint8_t>(FifoBytes() >> 8);
  if (address == kFifoData) return PopFifo();
  if (address == kStatus) {
    const uint8_t status = registers_[kStatus];
    registers_[kStatus] &= static_cast<uint8_t>(~kDataReady);
    return status;
  }
  return registers_[address];
}

uint8_t Bmi270Chip::Next(uint8_t address) const {
  return address == kInitData || address == kFifoData ? address : static_cast<uint8_t>(address + 1);
}

}  // namespace tinyhost::emulator
