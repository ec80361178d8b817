#pragma once

#include <cstddef>
#include <cstdint>

#include "core/status.h"
#include "drivers/register_bus.h"

namespace tinyhost {

/// The samples read from a motion sensor's FIFO.
struct FifoBlock {
  size_t n_samples;
  uint32_t n_lost;   // lost right before the first of them, since the last block
  size_t n_waiting;  // further samples in the FIFO
};

/// Both sensors measure +-4 g.
constexpr float kMotionScale = 4.0f / 32768.0f;

/// The values of one moment: x, y, z of the acceleration, and after them, if the gyroscope is on, of the rotation in
/// hal::kRotationScale.
constexpr size_t kAccelerationAxes = 3;
constexpr size_t kMotionAxesWithGyroscope = 6;

/// ST's LSM9DS1, on revision 1 of the board. Register names as in its datasheet, DocID025715 Rev 3.
class Lsm9ds1 {
 public:
  static constexpr uint32_t kRateMhz = 119'000;
  static constexpr size_t kFifoSamples = 32;
  /// From power-up to the first sample: some samples of 8.4 ms, and the delay of a reader that polls.
  static constexpr uint32_t kLongestStartMs = 200;

  explicit constexpr Lsm9ds1(RegisterBus* bus) : bus_(bus) {}

  bool IsThere();
  /// Returns kNoSensor if it does not answer.
  template <size_t kAxes = kAccelerationAxes>
  Status Start(uint64_t now_us);
  template <size_t kAxes = kAccelerationAxes>
  void Stop();
  /// Takes up to `max` samples of kAxes values. Returns kSensorTimeout if it does not answer.
  template <size_t kAxes = kAccelerationAxes>
  Status Read(int16_t* samples, size_t max, uint64_t now_us, FifoBlock* block);

 private:
  uint32_t Overwritten(size_t level, uint64_t now_us) const;

  RegisterBus* bus_;
  uint64_t read_us_ = 0;  // when samples were last taken
  size_t n_left_ = 0;     // samples in the FIFO at that time
};

/// Bosch's BMI270, on revision 2. Register names as in its datasheet, BST-BMI270-DS000-08. It needs its configuration
/// file before Start().
class Bmi270 {
 public:
  static constexpr uint32_t kRateMhz = 100'000;
  static constexpr uint8_t kAddress = 0x68;
  static constexpr size_t kFrameBytes = 7;  // a header and three values; with the gyroscope's, six
  static constexpr size_t kConfigurationBytes = 8192;
  static constexpr size_t kPieceBytes = 64;  // of the configuration file in one write
  /// The time for the configuration on a bus of 250 kHz: each piece, with its address in front, takes 70 bytes of 9
  /// bits, and 4 bits for starts and stops.
  static constexpr uint32_t kConfigurationMs = kConfigurationBytes / kPieceBytes * (70 * 9 + 4) / 250;
  static constexpr uint32_t kInitialMs = 150;  // 20 by section 4.2 of the datasheet
  /// From power-up to the first sample: configuration, initialisation, two samples, and 100 ms for a slower bus and for
  /// a reader that polls.
  static constexpr uint32_t kLongestStartMs = kConfigurationMs + kInitialMs + 20 + 100;

  explicit constexpr Bmi270(RegisterBus* bus) : bus_(bus) {}

  bool IsThere();
  /// Resets it and loads its configuration file of kConfigurationBytes; takes a third of a second at 250 kHz. Returns
  /// false if the chip rejected it.
  bool Configure(const uint8_t* file, void (*wait_us)(uint32_t));
  /// Returns kNoSensor if it does not answer, or did not keep a setting.
  template <size_t kAxes = kAccelerationAxes>
  Status Start();
  void Stop();
  /// Like Lsm9ds1::Read, with the axes of the board's revision 1. More than 255 samples lost at once are counted as
  /// 255.
  template <size_t kAxes = kAccelerationAxes>
  Status Read(int16_t* samples, size_t max, FifoBlock* block);

 private:
  Status Fill();
  template <size_t kAxes>
  size_t Parse(int16_t* samples, size_t max, FifoBlock* block, bool* is_broken);

  RegisterBus* bus_;
  uint8_t frames_[32 * kFrameBytes] = {};
  size_t n_bytes_ = 0;  // in frames_
  size_t n_parsed_ = 0;
  size_t n_in_fifo_ = 0;    // bytes that were left in the sensor
  bool has_begun_ = false;  // a sample has come
};

}  // namespace tinyhost
