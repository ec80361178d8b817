// The parts of virtual sensors that can be tested: whether the scene answers, how fast, and what is lost.
#include "drivers/motion_self_test.h"
#include "drivers/stream_test.h"
#include "hal/accelerometer.h"
#include "hal/camera.h"
#include "hal/clock.h"
#include "hal/imu.h"
#include "hal/microphone.h"

namespace tinyhost::hal {
namespace {

constexpr uint16_t kParts = 1;
constexpr StreamLimits kStreamLimits = {1000, 100};  // the computer is busy with other things, too
constexpr int32_t kCaptures = 5;
constexpr int32_t kLongestCaptureUs = 1'000'000;  // hal/camera.h

/// A virtual sensor has no chip and no wires. The test shows whether its scene gives samples in time and loses none.
bool TestSampled(Status (*start)(Sampling*), void (*stop)(), Status (*read)(int16_t*, size_t, SampleBlock*),
                 FindingList* findings, StreamTotals* totals) {
  return TestStream({start, stop, read, MicrosNow, WaitForLink}, kStreamLimits, totals, findings);
}

}  // namespace

uint16_t CameraTestParts() { return kParts; }

void TestCamera(uint16_t /*part*/, FindingList* findings) {
  static uint8_t pixels[96 * 96];
  int32_t n_whole = 0;
  int32_t slowest_us = 0;
  for (int32_t i = 0; i < kCaptures; ++i) {
    CameraFrame frame = {};
    const uint64_t start_us = MicrosNow();
    const Status status = CaptureFrame(CameraResolution::kWindow96, pixels, sizeof(pixels), &frame);
    if (status != Status::kOk) {
      findings->Fail(SelfTestCheck::kCapture, status);
      return findings->Skip(SelfTestCheck::kCaptureTime);
    }
    ++n_whole;
    const auto took_us = static_cast<int32_t>(MicrosNow() - start_us);
    if (took_us > slowest_us) slowest_us = took_us;
  }
  findings->Add(SelfTestCheck::kCapture, n_whole, {kCaptures, kCaptures});
  findings->Add(SelfTestCheck::kCaptureTime, slowest_us, {0, kLongestCaptureUs});
}

uint16_t MicrophoneTestParts() { return kParts; }

void TestMicrophone(uint16_t /*part*/, FindingList* findings) {
  StreamTotals totals;
  (void)TestSampled(StartMicrophone, StopMicrophone, ReadMicrophone, findings, &totals);
}

uint16_t AccelerometerTestParts() { return kParts; }

void TestAccelerometer(uint16_t /*part*/, FindingList* findings) {
  StreamTotals totals;
  (void)TestSampled(StartAccelerometer, StopAccelerometer, ReadAccelerometer, findings, &totals);
}

uint16_t ImuTestParts() { return kParts; }

void TestImu(uint16_t /*part*/, FindingList* findings) {
  StreamTotals totals;
  if (TestSampled(StartImu, StopImu, ReadImu, findings, &totals)) return TestRotation(totals, findings);
  findings->Skip(SelfTestCheck::kRotation);
}

}  // namespace tinyhost::hal
