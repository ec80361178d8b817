#include "gestures/params.h"

#include <cmath>
#include <cstring>

#include "gestures/steps.h"

namespace tinyhost {
namespace {

constexpr float kInputScale = 1.0f / 128;
constexpr float kTolerance = 1.0f / 64;
constexpr uint32_t kMinStepMhz = 1'000;
constexpr uint32_t kMaxStepMhz = 1'000'000;

bool IsWithinBounds(const GestureParams& params) {
  return params.step_mhz >= kMinStepMhz && params.step_mhz <= kMaxStepMhz && params.n_steps >= 1 &&
         params.n_steps <= kMaxGestureSteps && params.average_ms <= kMaxAverageMs &&
         params.suppression_ms <= kMaxSuppressionMs && params.min_results >= 1 && params.min_results <= kMaxMinResults;
}

}  // namespace

Status ReadGestureParams(const Engine& engine, GestureParams* params) {
  const TensorView input = engine.input();
  GestureParams read = kUsualGestureParams;
  read.n_steps = static_cast<uint16_t>(input.n_bytes / kGestureChannels);
  const Bytes task_data = engine.task_data();
  if (task_data.size != 0) {
    if (task_data.size != sizeof(read)) return Status::kImageMetadata;
    std::memcpy(&read, task_data.data, sizeof(read));
    if (!IsWithinBounds(read)) return Status::kImageMetadata;
  }
  const bool is_step = input.type == TensorType::kInt8 && input.zero_point == 0 &&
                       std::fabs(input.scale / kInputScale - 1.0f) <= kTolerance;
  const bool fits = is_step && read.n_steps <= kMaxGestureSteps && read.n_steps >= 1 &&
                    input.n_bytes == kGestureChannels * read.n_steps && engine.output().n_bytes > read.n_silent_labels;
  if (!fits) return Status::kModelMismatch;
  *params = read;
  return Status::kOk;
}

}  // namespace tinyhost
