#pragma once

#include <cstddef>
#include <cstdint>

#include "core/status.h"
#include "hal/sampling.h"
#include "hal/self_test.h"

namespace tinyhost::hal {

/// Every board's microphone gives this many samples per second, mono.
constexpr uint32_t kMicrophoneHz = 16'000;

/// Which one there is, and how it will sample, without starting it. kNoSensor: none there.
Status DescribeMicrophone(SensorDescription* description);
/// Switches it on. Positions count from 0 again; what a microphone gives while it settles is thrown away before that.
/// kNoSensor: none there.
Status StartMicrophone(Sampling* sampling);
void StopMicrophone();
/// Takes up to `max` samples that follow the last ones; never waits. The board keeps at least 100 ms for a late reader.
/// kSensorTimeout: it stopped; kBadState: it is off. `samples` and `block` are to be used only if the result is kOk.
Status ReadMicrophone(int16_t* samples, size_t max, SampleBlock* block);

/// How many parts its self-test has. Each takes up to 5 s, leaves the microphone off, and needs
/// none of the others.
uint16_t MicrophoneTestParts();
/// Runs one of them.
void TestMicrophone(uint16_t part, FindingList* findings);

}  // namespace tinyhost::hal
