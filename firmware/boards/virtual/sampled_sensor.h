#pragma once

#include <cstddef>
#include <cstdint>

#include "boards/virtual/scene_channel.h"
#include "hal/sampling.h"

namespace tinyhost::hal {

/// A microphone or accelerometer of the virtual boards: it gives the samples of the scene that the host plays.
class SampledSensor {
 public:
  SampledSensor(SceneSensor sensor, uint8_t n_channels) : channel_(sensor), n_channels_(n_channels) {}

  Status Describe(SensorDescription* description);
  Status Start(Sampling* sampling);
  void Stop() { is_on_ = false; }
  Status Read(int16_t* samples, size_t max, SampleBlock* block);

 private:
  Status AskSampling(uint8_t start, Sampling* sampling);

  SceneChannel channel_;
  const uint8_t n_channels_;
  bool is_on_ = false;
  uint64_t start_us_ = 0;
  uint64_t last_sample_us_ = 0;  // when the last sample came
};

}  // namespace tinyhost::hal
