#include <algorithm>
#include <cstdint>

#include "drivers/motion_sensor.h"
#include "motion_values.h"

namespace tinyhost {
namespace {

constexpr uint8_t kChipId = 0x00;
constexpr uint8_t kChipIdValue = 0x24;
constexpr uint8_t kFifoLength = 0x24;  // two bytes
constexpr uint8_t kFifoData = 0x26;
constexpr uint8_t kInternalStatus = 0x21;
constexpr uint8_t kAccConf = 0x40;
constexpr uint8_t kAccRange = 0x41;
constexpr uint8_t kGyrConf = 0x42;
constexpr uint8_t kGyrRange = 0x43;
constexpr uint8_t kFifoConfig0 = 0x48;
constexpr uint8_t kFifoConfig1 = 0x49;
constexpr uint8_t kInitCtrl = 0x59;
constexpr uint8_t kInitAddr0 = 0x5b;  // two bytes: the lower four bits of a word's number, and the others
constexpr uint8_t kInitData = 0x5e;
constexpr uint8_t kPwrConf = 0x7c;
constexpr uint8_t kPwrCtrl = 0x7d;
constexpr uint8_t kCmd = 0x7e;

constexpr uint8_t kNoPowerSave = 0x00;
constexpr uint8_t kRate100HzNormalFilter = 0xa8;
constexpr uint8_t kRange4g = 0x01;
constexpr uint8_t kRange2000Dps = 0x00;
constexpr uint8_t kOverwriteOldest = 0x00;
constexpr uint8_t kAccelerometerWithHeaders = 0x50;
constexpr uint8_t kGyroscopeToo = 0x80;
constexpr uint8_t kAccelerometerOn = 0x04;
constexpr uint8_t kGyroscopeOn = 0x02;
constexpr uint8_t kFlushFifo = 0xb0;
constexpr uint8_t kSoftReset = 0xb6;
constexpr uint8_t kInitialized = 0x01;  // the message in the lower four bits of kInternalStatus
constexpr int kTries = 4;               // of 0.3 ms at 250 kHz

constexpr uint32_t kResetUs = 2'000;  // datasheet, table 2, twice
constexpr uint32_t kWakeUpUs = 450;   // section 4.2
constexpr uint32_t kPollUs = 1'000;

// Headers of FIFO frames, datasheet section 4.8. The lower two bits of a data frame's header are tags of the interrupt
// pins.
constexpr uint8_t kTagMask = 0x03;
constexpr uint8_t kAccelerometerFrame = 0x84;
constexpr uint8_t kGyroscopeFrame = 0x88;  // | kAccelerometerFrame if both have a sample: the gyroscope's comes first
constexpr uint8_t kEmptyFrame = 0x80;
constexpr uint8_t kSkipFrame = 0x40;
constexpr uint8_t kTimeFrame = 0x44;
constexpr uint8_t kConfigFrame = 0x48;

/// Bytes of a frame with this header; 0 for an unknown header.
template <size_t kAxes>
constexpr size_t FrameBytes(uint8_t header) {
  constexpr bool kHasGyroscope = kAxes != kAccelerationAxes;
  switch (header) {
    case kSkipFrame:
      return 2;
    case kTimeFrame:
      return 4;
    case kConfigFrame:
      return 5;
    default:
      break;
  }
  const int data = header & ~kTagMask;
  if (kHasGyroscope && data == (kAccelerometerFrame | kGyroscopeFrame)) return 1 + 2 * kAxes;
  const bool has_three = data == kAccelerometerFrame || (kHasGyroscope && data == kGyroscopeFrame);
  return has_three ? Bmi270::kFrameBytes : 0;
}

/// Writes a register until it holds the value. While the chip saves power, a write within 450 us of another is lost,
/// and so is the first one after that (Bosch's BMI270_SensorAPI waits as long in bmi2_set_regs()).
bool Set(RegisterBus* bus, uint8_t address, uint8_t value) {
  for (int i = 0; i < kTries; ++i) {
    uint8_t held = 0;
    if (!bus->WriteByte(Bmi270::kAddress, address, value)) return false;
    if (!bus->Read(Bmi270::kAddress, address, &held, 1)) return false;
    if (held == value) return true;
  }
  return false;
}

int16_t Negate(int16_t value) { return value == INT16_MIN ? INT16_MAX : static_cast<int16_t>(-value); }

/// Rotates three axes as Arduino's library for this board does.
void Turn(const uint8_t* values, int16_t* xyz) {
  xyz[0] = Negate(MotionValue(values + 2));
  xyz[1] = Negate(MotionValue(values));
  xyz[2] = MotionValue(values + 4);
}

}  // namespace

bool Bmi270::IsThere() {
  uint8_t value = 0;
  return bus_->Read(kAddress, kChipId, &value, 1) && value == kChipIdValue;
}

// Section 4.2: initialisation.
bool Bmi270::Configure(const uint8_t* file, void (*wait_us)(uint32_t)) {
  if (!IsThere() || !bus_->WriteByte(kAddress, kCmd, kSoftReset)) return false;
  wait_us(kResetUs);
  if (!bus_->WriteByte(kAddress, kPwrConf, kNoPowerSave)) return false;
  wait_us(kWakeUpUs);
  if (!bus_->WriteByte(kAddress, kInitCtrl, 0)) return false;
  for (size_t i = 0; i < kConfigurationBytes; i += kPieceBytes) {
    const size_t word = i / 2;
    const uint8_t place[] = {static_cast<uint8_t>(word & 0x0f), static_cast<uint8_t>(word >> 4)};
    if (!bus_->Write(kAddress, kInitAddr0, place, sizeof place)) return false;
    if (!bus_->Write(kAddress, kInitData, file + i, kPieceBytes)) return false;
  }
  if (!bus_->WriteByte(kAddress, kInitCtrl, 1)) return false;
  for (uint32_t waited_us = 0; waited_us < kInitialMs * 1000; waited_us += kPollUs) {
    wait_us(kPollUs);
    uint8_t status = 0;
    if (!bus_->Read(kAddress, kInternalStatus, &status, 1)) return false;
    if ((status & 0x0f) == kInitialized) return true;
  }
  return false;
}

template <size_t kAxes>
Status Bmi270::Start() {
  constexpr bool kHasGyroscope = kAxes != kAccelerationAxes;
  n_bytes_ = n_parsed_ = n_in_fifo_ = 0;
  if (kHasGyroscope) has_begun_ = false;
  const bool is_set =
      IsThere() && Set(bus_, kPwrConf, kNoPowerSave) && Set(bus_, kAccConf, kRate100HzNormalFilter) &&
      Set(bus_, kAccRange, kRange4g) &&
      (!kHasGyroscope || (Set(bus_, kGyrConf, kRate100HzNormalFilter) && Set(bus_, kGyrRange, kRange2000Dps))) &&
      Set(bus_, kFifoConfig0, kOverwriteOldest) &&
      Set(bus_, kFifoConfig1, kAccelerometerWithHeaders | (kHasGyroscope ? kGyroscopeToo : 0)) &&
      Set(bus_, kPwrCtrl, kAccelerometerOn | (kHasGyroscope ? kGyroscopeOn : 0)) &&
      bus_->WriteByte(kAddress, kCmd, kFlushFifo);
  return is_set ? Status::kOk : Status::kNoSensor;
}

void Bmi270::Stop() { bus_->WriteByte(kAddress, kPwrCtrl, 0); }

/// Takes whole frames out of the FIFO. A frame that is not read to its end is repeated by the next read.
Status Bmi270::Fill() {
  uint8_t length[2] = {};
  if (!bus_->Read(kAddress, kFifoLength, length, sizeof(length))) return Status::kSensorTimeout;
  const size_t n_there = static_cast<size_t>(length[0] | (length[1] & 0x3f) << 8);
  n_parsed_ = 0;
  n_bytes_ = 0;
  const size_t n = std::min(n_there, sizeof(frames_));
  if (n != 0 && !bus_->Read(kAddress, kFifoData, frames_, n)) return Status::kSensorTimeout;
  n_bytes_ = n;
  n_in_fifo_ = n_there - n;
  return Status::kOk;
}

/// Takes consecutive samples out of frames_: what is behind a gap is left for the next block. One of the two sensors
/// starts before the other; once both have started, a frame of only one of them is a lost sample.
template <size_t kAxes>
size_t Bmi270::Parse(int16_t* samples, size_t max, FifoBlock* block, bool* is_broken) {
  constexpr bool kHasGyroscope = kAxes != kAccelerationAxes;
  constexpr size_t kSampleBytes = 1 + 2 * kAxes;
  size_t n = 0;
  while (n < max && n_parsed_ < n_bytes_) {
    const uint8_t* frame = frames_ + n_parsed_;
    const size_t n_frame_bytes = FrameBytes<kAxes>(frame[0]);
    const bool is_end = frame[0] == kEmptyFrame || n_frame_bytes > n_bytes_ - n_parsed_;
    *is_broken = !is_end && n_frame_bytes == 0;
    if (is_end || *is_broken) {
      n_parsed_ = n_bytes_;
      break;
    }
    const bool is_half = kHasGyroscope && n_frame_bytes == kFrameBytes;
    if (frame[0] == kSkipFrame || (is_half && has_begun_)) {
      if (n != 0) break;
      block->n_lost += is_half ? 1 : frame[1];
    } else if (n_frame_bytes == kSampleBytes) {
      int16_t* sample = samples + kAxes * n++;
      if (kHasGyroscope) Turn(frame + 1, sample + kAxes - kAccelerationAxes);
      Turn(frame + kSampleBytes - 2 * kAccelerationAxes, sample);
      if (kHasGyroscope) has_begun_ = true;
    }
    n_parsed_ += n_frame_bytes;
  }
  return n;
}

template <size_t kAxes>
Status Bmi270::Read(int16_t* samples, size_t max, FifoBlock* block) {
  *block = {0, 0, 0};
  if (n_parsed_ == n_bytes_) {
    const Status status = Fill();
    if (status != Status::kOk) return status;
  }
  bool is_broken = false;
  block->n_samples = Parse<kAxes>(samples, max, block, &is_broken);
  if (is_broken) return Status::kSensorTimeout;
  block->n_waiting = (n_bytes_ - n_parsed_ + n_in_fifo_) / (1 + 2 * kAxes);
  return Status::kOk;
}

template Status Bmi270::Start<kAccelerationAxes>();
template Status Bmi270::Start<kMotionAxesWithGyroscope>();
template Status Bmi270::Read<kAccelerationAxes>(int16_t*, size_t, FifoBlock*);
template Status Bmi270::Read<kMotionAxesWithGyroscope>(int16_t*, size_t, FifoBlock*);

}  // namespace tinyhost
