#pragma once

#include <array>
#include <deque>
#include <vector>

#include "emulator/board/motion.h"
#include "emulator/peripherals/i2c_device.h"

namespace tinyhost::emulator {

/// Bosch's BMI270, the motion sensor of revision 2: data sheet BST-BMI270-DS000-08, sections 4.4 (initialization), 4.7
/// (FIFO) and 5. It measures only after its whole configuration file was loaded. The gyroscope measures together with
/// the accelerometer and at the same rate, 45 ms after it was switched on (table 2); alone or at another rate it does
/// not. Its self-test, filters and cross-axis sensitivity are not modelled, nor are the features.
class Bmi270Chip final : public I2cDevice {
 public:
  static constexpr size_t kConfigBytes = 8192;
  static constexpr size_t kFifoBytes = 2048;

  Bmi270Chip(System system, Motion& motion) : system_(system), motion_(motion) { PowerOn(); }

  uint8_t address() const override { return 0x68; }
  bool is_there() const override { return is_powered_; }
  void SetPower(bool is_on);
  void Begin() override;

 private:
  void WriteRegister(uint8_t address, uint8_t value) override;
  uint8_t ReadRegister(uint8_t address) override;
  uint8_t Next(uint8_t address) const override;
  void PowerOn();
  void Restart();
  void LoadConfig();
  void EndConfig();
  bool IsWriteLost();
  void Measure();
  void ClearFifo();
  size_t FifoBytes() const;
  void PushFrame(std::vector<uint8_t> frame);
  uint8_t PopFifo();
  Axes SelfTest(Axes g) const;
  bool HasGyroscope(uint64_t now_ns) const;

  System system_;
  Motion& motion_;
  bool is_powered_ = false;
  std::array<uint8_t, 256> registers_ = {};
  std::vector<bool> loaded_;
  size_t config_at_ = 0;
  uint64_t config_done_ns_ = kNever;
  uint64_t last_write_ns_ = 0;
  uint64_t gyroscope_ready_ns_ = kNever;
  SampleClock clock_;
  std::deque<std::vector<uint8_t>> fifo_;  // frames
  size_t n_given_ = 0;                     // of the first one; a frame that is not read to its end comes again
  uint32_t n_skipped_ = 0;
};

}  // namespace tinyhost::emulator
