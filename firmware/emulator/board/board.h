#pragma once

#include <array>

#include "emulator/board/bmi270.h"
#include "emulator/board/lsm9ds1.h"
#include "emulator/board/ov7675.h"
#include "emulator/peripherals/gpio.h"
#include "emulator/peripherals/i2s.h"
#include "emulator/peripherals/pdm.h"

namespace tinyhost::emulator {

/// The microphone, an MP34DT05: it hears its scene as long as it has power.
class Microphone final : public SoundSource {
 public:
  Microphone(System system, uint32_t seed) : samples_(system.log, SceneSensor::kMicrophone, 1), random_(seed + 1) {}

  void StartSound() override { samples_.Start(); }
  void StopSound() override { samples_.Stop(); }
  double SoundAt(double since_start_s) override;
  void SetPower(bool is_on) { is_powered_ = is_on; }
  void Poll() { samples_.Poll(); }

 private:
  SceneSamples samples_;
  std::minstd_rand random_;
  bool is_powered_ = false;
};

/// Arduino's Nano 33 BLE Sense with the camera's shield: which part is wired to which pin. Schematic ABX00031, and
/// docs/guides/board.md for the camera.
class Board final : public I2cBus {
 public:
  struct Options {
    int revision = 1;  ///< 1: LSM9DS1; 2: BMI270
    Ov7675Chip::Wires camera = Ov7675Chip::Wires::kStraight;
    uint32_t seed = 0;
  };

  Board(System system, const Options& options, Gpio& port0, Gpio& port1, const I2s& i2s);

  I2cDevice* Find(uint32_t scl_pin, uint32_t sda_pin, uint8_t address) override;
  /// Called when a peripheral was written to: power and clocks of the parts may have changed.
  void Follow();
  /// Fetches what the scene has given since the last call.
  void Poll();
  void PlugCamera(bool is_in) { camera_.Plug(is_in); }
  void PlugMotionSensor(bool is_in) { is_motion_sensor_in_ = is_in; }

  Microphone& microphone() { return microphone_; }

 private:
  /// A loop that waits for a pin, recognized by its two latest reads.
  struct Watcher {
    uint32_t block = 0;
    uint64_t at = 0;
    uint32_t levels = 0;
    uint32_t changed = 0;  // since the previous read
    uint32_t ignored = 0;  // pins that changed and did not end the loop
  };

  PinLevels Port0();
  PinLevels Port1();
  void SkipToEdge(uint32_t levels);
  void TellLed();
  void NoteStages();

  System system_;
  Gpio& port0_;
  Gpio& port1_;
  const I2s& i2s_;
  const int revision_;
  Motion motion_;
  Lsm9ds1Chip lsm9ds1_;
  Bmi270Chip bmi270_;
  Ov7675Chip camera_;
  Microphone microphone_;
  bool is_motion_sensor_in_ = true;
  std::array<Watcher, 2> watchers_ = {};
  uint32_t led_ = 0;
  uint32_t stages_ = 0;  // on the marker pins
  uint32_t n_marks_ = 0;
};

}  // namespace tinyhost::emulator
