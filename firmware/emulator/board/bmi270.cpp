#include "emulator/board/bmi270.h"

#include <algorithm>
#include <cmath>

namespace tinyhost::emulator {
namespace {

constexpr uint8_t kChipId = 0x00, kStatus = 0x03, kAccX = 0x0c, kInternalStatus = 0x21, kFifoLength = 0x24;
constexpr uint8_t kFifoData = 0x26, kAccConf = 0x40, kAccRange = 0x41, kFifoConfig1 = 0x49, kInitCtrl = 0x59;
constexpr uint8_t kInitAddress0 = 0x5b, kInitAddress1 = 0x5c, kInitData = 0x5e, kAccSelfTest = 0x6d;
constexpr uint8_t kPwrConf = 0x7c, kPwrCtrl = 0x7d, kCmd = 0x7e;

constexpr uint8_t kIdentity = 0x24;
constexpr uint8_t kInitOk = 1, kInitError = 2;
constexpr uint8_t kAccelerometerOn = 0x04, kPowerSave = 0x01, kDataReady = 0x80;
constexpr uint8_t kFifoAccelerometer = 0x40, kFifoHeader = 0x10;
constexpr uint8_t kAccelerometerFrame = 0x84, kSkipFrame = 0x40, kEmpty = 0x80;
constexpr uint8_t kSoftReset = 0xb6, kFlush = 0xb0;

constexpr uint64_t kConfigNs = 20 * Clock::kNsPerMs;  // from INIT_CTRL = 1 to INTERNAL_STATUS: 4.4
constexpr uint64_t kPowerSaveGapNs = 450'000;         // between two writes in power save: 4.5
constexpr double kSelfTestG[] = {10, -9, 6};          // beyond the limits of 4.9: 16, 15 and 10 g between both signs

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
  config_done_ns_ = kNever;
  clock_.Stop();
  fifo_.clear();
  skip_frame_.clear();
  n_skipped_ = 0;
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

/// In power save the chip takes a write each 450 us.
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
  const double rate_hz = 100 * std::pow(2.0, (registers_[kAccConf] & 15) - 8);  // 5.2.34
  motion_.Start();
  clock_.Start(motion_.start_ns(), rate_hz);
}

void Bmi270Chip::WriteRegister(uint8_t address, uint8_t value) {
  Measure();
  if (address == kInitData) return LoadConfig();
  if (IsWriteLost()) return;
  if (address == kCmd) {
    if (value == kSoftReset) PowerOn();
    if (value == kFlush) {
      fifo_.clear();
      skip_frame_.clear();
      n_skipped_ = 0;
    }
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
  if (address == kPwrCtrl && ((value ^ before) & kAccelerometerOn) != 0) Restart();
  if (address == kAccConf && value != before && clock_.is_on()) Restart();
}

/// The chip deflects by itself, to one side and to the other: 4.9.
Acceleration Bmi270Chip::SelfTest(Acceleration g) const {
  if ((registers_[kAccSelfTest] & 1) == 0) return g;
  const double sign = (registers_[kAccSelfTest] & 4) != 0 ? 1 : -1;
  for (size_t i = 0; i < g.size(); ++i) g[i] = sign * kSelfTestG[i];
  return g;
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
    const Acceleration board = motion_.At(since_start_s);
    // Its axes on the board, as Arduino_BMI270_BMM150 turns them back: x is -y of revision 1's sensor, and y is -x.
    const Acceleration g = SelfTest({-board[1], -board[0], board[2]});
    const double scale = std::pow(2.0, 1 + (registers_[kAccRange] & 3)) / 32768;
    std::array<uint8_t, 6> values = {};
    for (size_t i = 0; i < g.size(); ++i) {
      const auto counts = static_cast<uint16_t>(ToCounts(g[i], scale));
      values[2 * i] = static_cast<uint8_t>(counts & 0xff);
      values[2 * i + 1] = static_cast<uint8_t>(counts >> 8);
    }
    std::copy(values.begin(), values.end(), registers_.begin() + kAccX);
    registers_[kStatus] |= kDataReady;
    if ((registers_[kFifoConfig1] & kFifoAccelerometer) != 0) PushFrame(values);
  }
}

/// A full FIFO loses its oldest frames, and says how many in front of the others: 4.7.2.
void Bmi270Chip::PushFrame(const std::array<uint8_t, 6>& values) {
  const bool has_header = (registers_[kFifoConfig1] & kFifoHeader) != 0;
  const size_t n = values.size() + (has_header ? 1 : 0);
  while (fifo_.size() + n > kFifoBytes) {
    fifo_.erase(fifo_.begin(), fifo_.begin() + static_cast<ptrdiff_t>(n));
    ++n_skipped_;
  }
  if (has_header) fifo_.push_back(kAccelerometerFrame);
  fifo_.insert(fifo_.end(), values.begin(), values.end());
}

uint8_t Bmi270Chip::PopFifo() {
  const bool has_header = (registers_[kFifoConfig1] & kFifoHeader) != 0;
  if (n_skipped_ != 0 && has_header) {
    skip_frame_ = {kSkipFrame, static_cast<uint8_t>(std::min(n_skipped_, 255u))};
    n_skipped_ = 0;
  }
  std::deque<uint8_t>& source = skip_frame_.empty() ? fifo_ : skip_frame_;
  if (source.empty()) return kEmpty;
  const uint8_t byte = source.front();
  source.pop_front();
  return byte;
}

uint8_t Bmi270Chip::ReadRegister(uint8_t address) {
  Measure();
  if (address == kFifoLength) return static_cast<uint8_t>(fifo_.size() & 0xff);
  if (address == kFifoLength + 1) return static_cast<uint8_t>(fifo_.size() >> 8);
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
