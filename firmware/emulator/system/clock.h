#pragma once

#include <cstdint>

namespace tinyhost::emulator {

/// A moment that never comes.
constexpr uint64_t kNever = UINT64_MAX;

/// The relative errors of the chip's oscillators: 0.01 is one per cent too fast.
struct OscillatorErrors {
  double hfint = 0;  ///< the 64 MHz RC oscillator, in use until HFCLKSTART
  double hfxo = 0;   ///< the 64 MHz crystal oscillator
  double lfclk = 0;  ///< the 32.768 kHz clock
  /// The start-up time of the crystal oscillator: 5.4.4.2. kNever: it is broken.
  uint64_t hfxo_start_us = 360;
};

/// Virtual time, in two units: cycles of the chip's 64 MHz clock as it really runs, which the processor and its timers
/// count, and true time, which the USB host, the scene and the sensors' own oscillators use. The product
/// specification's section on CLOCK (5.4) says which oscillator is in use.
class Clock {
 public:
  static constexpr uint64_t kHz = 64'000'000;
  static constexpr uint64_t kCyclesPerUs = 64;
  static constexpr uint64_t kCyclesPerMs = 64'000;
  static constexpr uint64_t kNsPerMs = 1'000'000;

  explicit Clock(OscillatorErrors errors, double wrap_in_s = 0) : errors_(errors), wrap_in_s_(wrap_in_s) {
    UseCrystal(false);
  }

  uint64_t cycles() const { return cycles_; }
  void Advance(uint64_t n_cycles) { cycles_ += n_cycles; }
  void AdvanceTo(uint64_t cycles) {
    if (cycles > cycles_) cycles_ = cycles;
  }
  /// True time since the start, in nanoseconds.
  uint64_t TrueNs() const { return TrueNsAt(cycles_); }
  uint64_t TrueNsAt(uint64_t cycles) const;
  /// The first cycle at which the true time is reached, if the oscillator stays in use.
  uint64_t CyclesAt(uint64_t true_ns) const;
  /// Chooses the oscillator of the 64 MHz clock, from now on.
  void UseCrystal(bool is_crystal);
  bool is_crystal() const { return is_crystal_; }
  double lfclk_hz() const { return 32768.0 * (1 + errors_.lfclk); }
  uint64_t hfxo_start_us() const { return errors_.hfxo_start_us; }
  /// The value to which a 32-bit counter is cleared: 0, as on the chip, or one that makes it wrap as soon as a test
  /// wants.
  uint32_t FirstCount(uint64_t hz) const {
    return static_cast<uint32_t>(0 - static_cast<uint64_t>(wrap_in_s_ * static_cast<double>(hz)));
  }

 private:
  OscillatorErrors errors_;
  double wrap_in_s_;
  uint64_t cycles_ = 0;
  uint64_t since_cycles_ = 0;  // when the oscillator was chosen
  uint64_t since_ns_ = 0;
  double ns_per_cycle_ = 1e9 / kHz;
  bool is_crystal_ = false;
};

}  // namespace tinyhost::emulator
