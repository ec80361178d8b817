#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "assemble_image.h"

namespace tinyhost {

/// The smallest model that a picture app runs: int8 (1, 2, 2, 1) -> two tables -> int8 scores (1, 4) with labels; of
/// gestures, two steps: (1, 2, 6, 1) of scale 1/128 -> (1, 12). Operator 0 adds `variant` to each element, operator 1
/// flips all bits. `n_filler` bytes make the image longer.
inline std::vector<uint8_t> TinyModel(uint8_t variant = 1, size_t n_filler = 0, Task task = Task::kVww,
                                      const std::vector<uint8_t>& task_data = {}) {
  constexpr uint32_t kTensors = 3, kOperators = 2;
  static constexpr char kPictureLabels[] = "no\0person\0cat\0dog";
  static constexpr char kGestureLabels[] = "still\0wave\0c\0d\0e\0f\0g\0h\0i\0j\0k\0l";
  const bool is_gestures = task == Task::kGestures;
  const int32_t n_elements = is_gestures ? 12 : 4;
  ImageParts parts;
  if (is_gestures) {
    parts.labels.assign(kGestureLabels, kGestureLabels + sizeof(kGestureLabels));
  } else {
    parts.labels.assign(kPictureLabels, kPictureLabels + sizeof(kPictureLabels));
  }
  parts.task_data = task_data;

  ModelMetadata& metadata = parts.metadata;
  std::strcpy(metadata.name, "tiny");
  metadata.task = task;
  metadata.n_labels = static_cast<uint8_t>(n_elements);
  metadata.output_tensor = 2;
  metadata.target_label = 1;
  metadata.smoothing = 1;
  metadata.threshold = 20;
  metadata.pixel_multiplier = 1 << 16;
  metadata.pixel_offset = -128 * (1 << 16) + (1 << 15);
  metadata.arena_bytes = 48;

  for (uint32_t i = 0; i < kTensors; ++i) {
    parts.tensors.push_back({TensorType::kInt8, 4, Storage::kArena, 0, 16 * i, {1, 2, 2, 1}, 1.0f / 256, -128});
  }
  if (is_gestures) parts.tensors[0] = {TensorType::kInt8, 4, Storage::kArena, 0, 0, {1, 2, 6, 1}, 1.0f / 128, 0};
  parts.tensors[1].dims[2] = n_elements / 2;
  parts.tensors[2].rank = 2;
  parts.tensors[2].dims[1] = n_elements;
  parts.tensors[2].dims[2] = 1;

  parts.operators.resize(kOperators);
  parts.operators[0].code = OperatorCode::kRelu;
  parts.operators[0].output = 1;
  parts.operators[1].code = OperatorCode::kRelu6;
  parts.operators[1].output = 2;
  parts.operators[1].inputs[0] = 1;
  parts.operators[1].params_offset = sizeof(LookupParams);
  for (OperatorRecord& op : parts.operators) op.n_inputs = 1;

  parts.constants.resize(16 + 2 * 256 + n_filler);
  uint8_t* constants = parts.constants.data();
  const LookupParams params[2] = {{16}, {16 + 256}};
  std::memcpy(constants, params, sizeof(params));
  for (uint32_t i = 0; i < 256; ++i) {
    constants[16 + i] = static_cast<uint8_t>(i + variant);
    constants[16 + 256 + i] = static_cast<uint8_t>(~i);
  }
  for (size_t i = 0; i < n_filler; ++i) constants[16 + 512 + i] = static_cast<uint8_t>(i * i + i / 256 + variant);
  return AssembleImage(parts);
}

}  // namespace tinyhost
