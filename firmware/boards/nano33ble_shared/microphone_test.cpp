// The microphone's self-test.
#include "hal/microphone.h"

#include <cmath>

#include "boards/nano33ble_shared/parts.h"
#include "drivers/stream_test.h"
#include "hal/clock.h"

namespace tinyhost::hal {
namespace {

// Settling ends after 3.5 s at the latest (drivers/settling.h). The PDM clock and the microseconds come from the same
// crystal.
constexpr StreamLimits kLimits = {3'600, 10};
constexpr Limits kOffset = {-3277, 3277};    // a tenth of full scale: more would eat into the range of loud sounds
constexpr Limits kNoise = {100, 3'276'800};  // a count at least: a microphone without any noise is none
constexpr Limits kClippedPpm = {0, 1000};

}  // namespace

uint16_t MicrophoneTestParts() { return 1; }

void TestMicrophone(uint16_t /*part*/, FindingList* findings) {
  StreamTotals totals;
  const SampledSource source = {StartMicrophone, StopMicrophone, ReadMicrophone, MicrosNow, WaitMs};
  if (!TestStream(source, kLimits, &totals, findings)) return findings->Skip(SelfTestCheck::kNoise);
  findings->Add(SelfTestCheck::kOffset, static_cast<int32_t>(std::lround(totals.Mean(0))), kOffset);
  findings->Add(SelfTestCheck::kNoise, static_cast<int32_t>(std::lround(100 * totals.StandardDeviation(0))), kNoise);
  findings->Add(SelfTestCheck::kClipped, totals.ClippedPpm(), kClippedPpm);
}

}  // namespace tinyhost::hal
