#include "device/app.h"

#include "device/device.h"
#include "hal/flash.h"

namespace tinyhost {
namespace {

alignas(4) uint8_t received[FrameDecoder::EncodedBytes(kMaxRequestBytes)];
alignas(4) uint8_t page[hal::kFlashPageBytes];

Device& TheDevice() {
  const App& app = TheApp();
  static Device device(app, {app.arena, app.sample, {received, sizeof(received)}, {page, sizeof(page)}});
  return device;
}

}  // namespace

void AppBegin() { TheDevice().Begin(); }

void AppPoll() { TheDevice().Poll(); }

}  // namespace tinyhost
