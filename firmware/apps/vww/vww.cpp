// Visual wake words: camera -> center crop and scale -> model -> smoothed scores -> is a person there.
#include "device/app.h"
#include "device/classification.h"
#include "vision/picture.h"

namespace tinyhost {
namespace {

constexpr SettingSpec kSettings[] = {
    {Setting::kCameraResolution, 0, 1, 0},  // hal::CameraResolution
    {Setting::kPeriodMs, 0, 60'000, 0},
    {Setting::kSmoothing, 0, 255, 128},  // the model's own default replaces it, and the next one
    {Setting::kThreshold, INT8_MIN, INT8_MAX, 0},
};

Classification classification;

Status CheckModel(const Engine& engine) {
  const Task task = engine.metadata().task;
  const TensorView input = engine.input();
  const bool is_picture = input.rank == 4 && input.dims[0] == 1 && (input.dims[3] == 1 || input.dims[3] == 3) &&
                          input.dims[1] <= kMaxPictureSide && input.dims[2] <= kMaxPictureSide &&
                          input.type != TensorType::kFloat32;
  if (!is_picture || (task != Task::kVww && task != Task::kGeneric)) return Status::kModelMismatch;
  return Classification::CheckOutput(engine);
}

void StartModel(const Engine& engine, SettingTable* settings) { classification.Start(engine, settings); }

Status Prepare(const Picture& picture, const Engine& engine) {
  return PreparePicture(picture.pixels, picture.width, picture.height, PixelMapOf(engine.metadata()), engine.input());
}

void Conclude(const Engine& engine, const SettingTable& settings, LiveResult* result) {
  classification.Conclude(engine, settings, result);
}

constexpr App kApp = {
    "vww",
    kSettings,
    sizeof(kSettings) / sizeof(kSettings[0]),
    CheckModel,
    StartModel,
    Prepare,
    Conclude,
    Classification::Describe,
};

}  // namespace

const App& TheApp() { return kApp; }

}  // namespace tinyhost
