#pragma once

#include <cstddef>
#include <cstdint>

namespace tinyhost::hal {

/// The rate, scale and channels of a continuous sensor after its start.
struct Sampling {
  uint32_t rate_mhz;   // samples per 1,000 s
  float scale;         // of one count: of full scale (microphone), g (accelerometer)
  uint8_t n_channels;  // int16 values of one sample
};

/// The properties of such a sensor that are known before its start.
struct SensorDescription {
  const char* chip;  // "" if it is not known
  Sampling sampling;
};

/// Some consecutive samples without a gap.
struct SampleBlock {
  size_t n_samples;       // 0: none yet
  uint64_t position;      // of the first one: samples since the start, lost ones too
  uint64_t timestamp_us;  // when the first one was measured, on MicrosNow()'s clock
  uint32_t lost;          // since the start, because they were not read in time
  size_t n_waiting;       // further samples that can be read at once
};

}  // namespace tinyhost::hal
