#pragma once

#include <array>
#include <random>

#include "emulator/board/scene.h"
#include "emulator/system/component.h"

namespace tinyhost::emulator {

/// Acceleration in g along the axes of revision 1's sensor, and rotation about them in degrees per second.
using Movement = std::array<double, 6>;
using Axes = std::array<double, 3>;

inline Axes AccelerationOf(const Movement& movement) { return {movement[0], movement[1], movement[2]}; }
inline Axes RotationOf(const Movement& movement) { return {movement[3], movement[4], movement[5]}; }

/// How the board is moved: by a scene; without one it lies on a table, and its sensor has a little noise.
class Motion {
 public:
  Motion(System system, uint32_t seed)
      : system_(system), samples_(system.log, SceneSensor::kAccelerometer, 6), random_(seed + 1) {}

  /// Called when a sensor was switched on.
  void Start() {
    start_ns_ = system_.clock.TrueNs();
    samples_.Start();
  }
  void Stop() { samples_.Stop(); }
  void Poll() { samples_.Poll(); }
  /// `since_start_s` counts from when a sensor was switched on.
  Movement At(double since_start_s);
  uint64_t start_ns() const { return start_ns_; }

 private:
  System system_;
  SceneSamples samples_;
  std::minstd_rand random_;
  uint64_t start_ns_ = 0;
};

/// The times at which a sensor's own oscillator takes samples: `rate_hz` per second from the start on, in true time.
class SampleClock {
 public:
  void Start(uint64_t now_ns, double rate_hz) {
    start_ns_ = now_ns;
    rate_hz_ = rate_hz;
    n_taken_ = 0;
  }
  void Stop() { rate_hz_ = 0; }
  bool is_on() const { return rate_hz_ > 0; }
  /// True if the next sample is due, with its time since the start.
  bool Next(uint64_t now_ns, double* since_start_s) {
    if (!is_on()) return false;
    const double next_s = static_cast<double>(n_taken_ + 1) / rate_hz_;
    if (static_cast<double>(now_ns - start_ns_) / 1e9 < next_s) return false;
    *since_start_s = static_cast<double>(n_taken_) / rate_hz_;  // the end of the interval
    ++n_taken_;
    return true;
  }

 private:
  uint64_t start_ns_ = 0;
  double rate_hz_ = 0;
  uint64_t n_taken_ = 0;
};

/// The nearest count, as an int16 that saturates.
int16_t ToCounts(double value, double per_count);

}  // namespace tinyhost::emulator
