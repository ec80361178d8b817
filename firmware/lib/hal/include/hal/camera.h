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

/// Captures one 8-bit grayscale frame, row by row, into `pixels`. Returns within a second, or two if the camera must be
/// set up, as after a failure. Returns kNoSensor if there is none, kSensorTimeout if it stopped midway, kNoSpace if
/// `capacity` is less than the frame. Use `pixels` and `frame` only if the result is kOk.
Status CaptureFrame(CameraResolution resolution, uint8_t* pixels, size_t capacity, CameraFrame* frame);

/// The number of parts of its self-test. Each takes up to 5 s, leaves the camera as after a failure, so that it is set
/// up again, and does not depend on others.
uint16_t CameraTestParts();
/// Runs one part.
void TestCamera(uint16_t part, FindingList* findings);

}  // namespace tinyhost::hal
