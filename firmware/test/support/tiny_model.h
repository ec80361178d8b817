#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "core/crc32.h"
#include "engine/image_format.h"

namespace tinyhost {

/// The smallest model that a picture app runs: int8 (1, 2, 2, 1) -> two tables -> int8 scores (1, 4) with labels.
/// Operator 0 adds `variant` to each element, operator 1 flips all bits. `n_filler` bytes make the image longer.
inline std::vector<uint8_t> TinyModel(uint8_t variant = 1, size_t n_filler = 0, Task task = Task::kVww,
                                      const std::vector<uint8_t>& task_data = {}) {
  constexpr uint32_t kTensors = 3, kOperators = 2, kElements = 4;
  static constexpr char kLabels[] = "no\0person\0cat\0dog";
  const auto align = [](size_t n) {
    return static_cast<uint32_t>((n + kImageAlignment - 1) / kImageAlignment * kImageAlignment);
  };
  ImageHeader header = {};
  header.magic = kImageMagic;
  header.version = kImageVersion;
  header.header_bytes = sizeof(ImageHeader);
  header.n_tensors = kTensors;
  header.n_operators = kOperators;
  header.metadata_offset = align(sizeof(ImageHeader));
  header.tensors_offset = align(header.metadata_offset + sizeof(ModelMetadata));
  header.operators_offset = align(header.tensors_offset + kTensors * sizeof(TensorRecord));
  header.labels_offset = align(header.operators_offset + kOperators * sizeof(OperatorRecord));
  header.labels_bytes = sizeof(kLabels);
  header.task_data_offset = align(header.labels_offset + header.labels_bytes);
  header.task_data_bytes = static_cast<uint32_t>(task_data.size());
  header.constants_offset = align(header.task_data_offset + task_data.size());
  header.constants_bytes = static_cast<uint32_t>(16 + 2 * 256 + n_filler);
  header.total_bytes = header.constants_offset + header.constants_bytes;
  std::vector<uint8_t> image(header.total_bytes);

  ModelMetadata metadata = {};
  std::strcpy(metadata.name, "tiny");
  metadata.task = task;
  metadata.n_labels = kElements;
  metadata.output_tensor = 2;
  metadata.target_label = 1;
  metadata.smoothing = 1;
  metadata.threshold = 20;
  metadata.pixel_multiplier = 1 << 16;
  metadata.pixel_offset = -128 * (1 << 16) + (1 << 15);
  metadata.arena_bytes = 48;
  std::memcpy(image.data() + header.metadata_offset, &metadata, sizeof(metadata));

  TensorRecord tensors[kTensors] = {};
  for (uint32_t i = 0; i < kTensors; ++i) {
    tensors[i] = {TensorType::kInt8, 4, Storage::kArena, 0, 16 * i, {1, 2, 2, 1}, 1.0f / 256, -128};
  }
  tensors[2].rank = 2;
  tensors[2].dims[1] = kElements;
  tensors[2].dims[2] = 1;
  std::memcpy(image.data() + header.tensors_offset, tensors, sizeof(tensors));

  OperatorRecord operators[kOperators] = {};
  operators[0].code = OperatorCode::kRelu;
  operators[0].output = 1;
  operators[1].code = OperatorCode::kRelu6;
  operators[1].output = 2;
  operators[1].inputs[0] = 1;
  operators[1].params_offset = sizeof(LookupParams);
  for (OperatorRecord& op : operators) op.n_inputs = 1;
  std::memcpy(image.data() + header.operators_offset, operators, sizeof(operators));

  std::memcpy(image.data() + header.labels_offset, kLabels, sizeof(kLabels));
  std::copy(task_data.begin(), task_data.end(), image.begin() + header.task_data_offset);
  uint8_t* constants = image.data() + header.constants_offset;
  const LookupParams params[2] = {{16}, {16 + 256}};
  std::memcpy(constants, params, sizeof(params));
  for (uint32_t i = 0; i < 256; ++i) {
    constants[16 + i] = static_cast<uint8_t>(i + variant);
    constants[16 + 256 + i] = static_cast<uint8_t>(~i);
  }
  for (size_t i = 0; i < n_filler; ++i) constants[16 + 512 + i] = static_cast<uint8_t>(i * i + i / 256 + variant);

  constexpr size_t kChecksummedFrom = offsetof(ImageHeader, crc32) + sizeof(uint32_t);
  std::memcpy(image.data(), &header, sizeof(header));
  header.crc32 = Crc32(image.data() + kChecksummedFrom, image.size() - kChecksummedFrom);
  std::memcpy(image.data(), &header, sizeof(header));
  return image;
}

}  // namespace tinyhost
