#pragma once

#include "emulator/peripherals/peripheral.h"

namespace tinyhost::emulator {

/// The signal on a microphone's data line.
class SoundSource {
 public:
  virtual ~SoundSource() = default;
  /// Starts its clock, with this many samples per second of true time.
  virtual void StartSound() = 0;
  /// The sample at this true time since the start; full scale is +-1 at the gain of the board's firmware.
  virtual double SoundAt(double since_start_s) = 0;
  virtual void StopSound() = 0;
};

/// PDM: product specification, 6.15. Mono; the decimation filter is assumed to be perfect.
class Pdm final : public Peripheral {
 public:
  Pdm(System system, SoundSource& source);

  void Reset() override;
  uint64_t NextEvent() const override { return due_; }
  void Tick() override;

 private:
  void OnTask(uint32_t offset) override;
  void Start();
  void Latch();
  uint64_t CyclesPerSample() const;
  double Gain() const;

  SoundSource& source_;
  uint64_t due_ = kNever;
  uint64_t block_begin_ = 0;  // cycle
  uint64_t start_ns_ = 0;
  uint32_t pointer_ = 0;
  uint32_t n_samples_ = 0;
};

}  // namespace tinyhost::emulator
