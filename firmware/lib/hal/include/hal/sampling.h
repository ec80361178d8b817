#pragma once

#include <cstddef>
#include <cstdint>

namespace tinyhost::hal {

/// What a sensor that gives samples all the time gives, once it was started.
struct Sampling {
  uint32_t rate_mhz;   // samples per 1,000 s
  float scale;         // of one count: of full scale (microphone), g (accelerometer)
  uint8_t n_channels;  // int16 values of one sample
};

/// What a board knows of such a sensor before it is started.
struct SensorDescription {
  const char* chip;  // "" if it is not known
  Sampling sampling;
};

/// Some samples in a row, without a gap.
struct SampleBlock {
  size_t n_samples;       // 0: none yet
  uint64_t position;      // of the first one: samples since the start, lost ones too
  uint64_t timestamp_us;  // when the first one was measured, on MicrosNow()'s clock
  uint32_t lost;          // since the start, because nobody read them in time
  size_t n_waiting;       // further samples that can be read at once
};

}  // namespace tinyhost::hal
