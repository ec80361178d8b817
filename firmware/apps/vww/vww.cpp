// Pictures: camera -> center crop and scale -> model -> smoothed scores -> is a person there; or, of a model whose
// output is a heat map, which objects are where.
#include "core/limits.h"
#include "device/app.h"
#include "device/classification.h"
#include "objects.h"
#include "vision/picture.h"

namespace tinyhost {
namespace {

constexpr SettingSpec kSettings[] = {
    {Setting::kCameraResolution, 0, 1, 0},  // hal::CameraResolution
    {Setting::kPeriodMs, 0, 60'000, 0},
    {Setting::kSmoothing, 0, 255, 128},  // the model's own default replaces this one and the next
    {Setting::kThreshold, INT8_MIN, INT8_MAX, 0},
    {Setting::kUnsureMargin, 0, UINT8_MAX, 0},
};

constexpr size_t kLargestPicture = 160 * 120;  // hal::CameraResolution::kQqvga

static_assert(kVwwAppLimits.max_classes == kMaxScores, "what a prediction carries");

alignas(16) uint8_t arena[kVwwAppLimits.arena_bytes];
alignas(4) uint8_t picture[kLargestPicture];

Classification classification;
Objects objects;

Status CheckModel(const Engine& engine) {
  const Task task = engine.metadata().task;
  const TensorView input = engine.input();
  const bool is_picture = input.rank == 4 && input.dims[0] == 1 && (input.dims[3] == 1 || input.dims[3] == 3) &&
                          input.dims[1] <= kMaxPictureSide && input.dims[2] <= kMaxPictureSide &&
                          ElementBytes(input.type) == 1;
  if (!is_picture || (task != Task::kVww && task != Task::kGeneric)) return Status::kModelMismatch;
  return IsHeatMap(engine.output()) ? Objects::CheckOutput(engine) : Classification::CheckOutput(engine);
}

void StartModel(const Engine& engine, SettingTable* settings) { classification.Start(engine, settings); }

Status Prepare(const Sample& sample, const Engine& engine) {
  objects.Look(sample);
  return PreparePicture(sample.bytes.data, sample.width, sample.height, PixelMapOf(engine.metadata()), engine.input());
}

void Conclude(const Engine& engine, const SettingTable& settings, uint64_t /*time_us*/, Result* result) {
  if (IsHeatMap(engine.output())) return objects.Conclude(engine, settings, result);
  classification.Conclude(engine, settings, result);
}

void Describe(const Engine& engine, const Result& result, Text* text) {
  if (IsHeatMap(engine.output())) return Objects::Describe(engine, result, text);
  Classification::Describe(engine, result, text);
}

Status TakePicture(const SettingTable& settings, uint8_t* pixels, size_t capacity, hal::CameraFrame* frame) {
  const auto resolution = static_cast<hal::CameraResolution>(settings.Get(Setting::kCameraResolution));
  return hal::CaptureFrame(resolution, pixels, capacity, frame);
}

constexpr Camera kCamera = {TakePicture, &kPictureLoop};

constexpr SelfTest kSelfTest = {.n_parts = hal::CameraTestParts, .run = hal::TestCamera};

constexpr App kApp = {
    .name = "vww",
    .sensor = SensorKind::kCamera,
    .arena = {arena, sizeof(arena)},
    .sample = {picture, sizeof(picture)},
    .settings = kSettings,
    .n_settings = sizeof(kSettings) / sizeof(kSettings[0]),
    .check_model = CheckModel,
    .start_model = StartModel,
    .prepare = Prepare,
    .conclude = Conclude,
    .describe = Describe,
    .self_test = &kSelfTest,
    .camera = &kCamera,
};

}  // namespace

const App& TheApp() { return kApp; }

}  // namespace tinyhost
