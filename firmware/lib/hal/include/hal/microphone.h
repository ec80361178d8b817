#pragma once

#include <cstddef>
#include <cstdint>

#include "core/status.h"
#include "hal/sampling.h"
#include "hal/self_test.h"

namespace tinyhost::hal {

/// Every board's microphone gives this many samples per second, mono.
constexpr uint32_t kMicrophoneHz = 16'000;

/// Tells which one there is and how it will sample, without starting it. Returns kNoSensor if there is none.
Status DescribeMicrophone(SensorDescription* description);
/// Switches it on. Positions count from 0 again; the samples of a microphone that is still settling are discarded
/// before that. Returns kNoSensor if there is none.
Status StartMicrophone(Sampling* sampling);
void StopMicrophone();
/// Takes up to `max` samples that follow the previous ones; never waits. The board keeps at least 100 ms for a late
/// reader. Returns kSensorTimeout if the microphone stopped, kBadState if it is off. Use `samples` and `block` only if
/// the result is kOk.
Status ReadMicrophone(int16_t* samples, size_t max, SampleBlock* block);

/// The number of parts of its self-test. Each takes up to 5 s, leaves the microphone off, and does not depend on
/// others.
uint16_t MicrophoneTestParts();
/// Runs one part.
void TestMicrophone(uint16_t part, FindingList* findings);

}  // namespace tinyhost::hal
