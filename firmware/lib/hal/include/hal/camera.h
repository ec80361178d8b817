#pragma once

#include <cstddef>
#include <cstdint>

#include "core/status.h"
#include "hal/self_test.h"

namespace tinyhost::hal {

enum class CameraResolution : uint8_t {
  kWindow96 = 0,  // 96 x 96 window
  kQqvga = 1,     // 160 x 120
};

struct CameraFrame {
  uint16_t width;
  uint16_t height;
  uint64_t timestamp_us;  // when the capture began
};

/// Captures one 8-bit grayscale frame, row by row, into `pixels`. Returns within a second, or two if it
/// has to be set up, as after a failure.
/// kNoSensor: none there; kSensorTimeout: it stopped midway; kNoSpace: `capacity` is less than the frame.
/// `pixels` and `frame` are to be used only if the result is kOk.
Status CaptureFrame(CameraResolution resolution, uint8_t* pixels, size_t capacity, CameraFrame* frame);

/// How many parts its self-test has. Each takes up to 5 s, leaves the camera as after a failure: to be set up anew, and
/// needs none of the others.
uint16_t CameraTestParts();
/// Runs one of them.
void TestCamera(uint16_t part, FindingList* findings);

}  // namespace tinyhost::hal
