#include "wake.h"

#include <algorithm>
#include <cstring>

#include "hal/clock.h"
#include "hal/marker.h"
#include "hal/microphone.h"

namespace tinyhost {
namespace {

constexpr uint64_t kPulseUs = 3;  // at least 1, because MicrosNow() counts whole microseconds

ModelRunner& RunnerOf(void* context) { return *static_cast<ModelRunner*>(context); }

// Truncates instead of rounding, as the reference device does.
int8_t Quantize(void* context, float feature) {
  const TensorView input = RunnerOf(context).engine().input();
  const float steps = feature / input.scale + static_cast<float>(input.zero_point);
  return static_cast<int8_t>(std::min(127.0f, std::max(-128.0f, steps)));
}

Status Infer(void* context, const int8_t* input, int8_t* output) {
  ModelRunner& runner = RunnerOf(context);
  std::memcpy(runner.engine().input().data, input, mlperf::kWakeInput);
  runner.SetInputComplete();
  uint64_t ticks = 0;
  const Status status = runner.Run(0, runner.engine().n_operators(), false, &ticks);
  if (status == Status::kOk) std::memcpy(output, runner.engine().output().data, mlperf::kWakeOutput);
  return status;
}

Status StartSound(void*) {
  hal::Sampling sampling = {};
  return hal::StartMicrophone(&sampling);
}

Status ReadSound(void*, int16_t* samples, size_t max, mlperf::SoundBlock* block) {
  hal::SampleBlock read = {};
  const Status status = hal::ReadMicrophone(samples, max, &read);
  *block = {read.n_samples, read.lost};
  return status;
}

/// Raises the pin of a stage that nothing else in this app uses.
void PulseOn(hal::Stage stage) {
  const uint64_t start_us = hal::MicrosNow();
  hal::Mark(stage);
  while (hal::MicrosNow() - start_us < kPulseUs) {
  }
  hal::Mark(hal::Stage::kNone);
}

}  // namespace

bool IsWakeWord(const Engine& engine) {
  return engine.loaded() && engine.input().type == TensorType::kInt8 && engine.output().type == TensorType::kInt8 &&
         ElementCount(engine.input()) == mlperf::kWakeInput && ElementCount(engine.output()) == mlperf::kWakeOutput;
}

mlperf::WakeDut TheWakeDut() {
  return {.is_active = [](void* context) { return IsWakeWord(RunnerOf(context).engine()); },
          .quantize = Quantize,
          .infer = Infer,
          .start_sound = StartSound,
          .stop_sound = [](void*) { hal::StopMicrophone(); },
          .read_sound = ReadSound,
          .pulse = [](void*) { PulseOn(hal::Stage::kCapture); }};
}

void StampPulse(void*) { PulseOn(hal::Stage::kPreprocess); }

}  // namespace tinyhost
