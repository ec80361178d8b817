#include "hal/camera.h"

namespace tinyhost::hal {

// No driver for the OV7675 yet: the library that Arduino has is under the GPL and hangs with interrupts off when the
// camera is lost. Until ours is there, this board has no camera, and says so.
Status CaptureFrame(CameraResolution /*resolution*/, uint8_t* /*pixels*/, size_t /*capacity*/, CameraFrame* /*frame*/) {
  return Status::kNoSensor;
}

}  // namespace tinyhost::hal
