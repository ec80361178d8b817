#include "device/app.h"

#include "device/device.h"
#include "hal/flash.h"

namespace tinyhost {
namespace {

constexpr size_t kArenaBytes = 112 * 1024;
constexpr size_t kPictureBytes = 160 * 120;  // hal::CameraResolution::kQqvga

alignas(16) uint8_t arena[kArenaBytes];
alignas(4) uint8_t picture[kPictureBytes];
alignas(4) uint8_t received[FrameDecoder::EncodedBytes(kMaxRequestBytes)];
alignas(4) uint8_t page[hal::kFlashPageBytes];

Device device(TheApp(),
              {{arena, sizeof(arena)}, {picture, sizeof(picture)}, {received, sizeof(received)}, {page, sizeof(page)}});

}  // namespace

void AppBegin() { device.Begin(); }

void AppPoll() { device.Poll(); }

}  // namespace tinyhost
