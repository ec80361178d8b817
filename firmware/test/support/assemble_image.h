#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "core/crc32.h"
#include "engine/image_format.h"

namespace tinyhost {

/// What an image is made of, as the host's compiler assembles it.
struct ImageParts {
  ModelMetadata metadata{};
  std::vector<TensorRecord> tensors;
  std::vector<OperatorRecord> operators;
  std::vector<uint8_t> labels;
  std::vector<uint8_t> task_data;
  std::vector<uint8_t> constants;

  /// Appends constants, and returns their offset.
  template <typename T>
  uint32_t AddConstants(const std::vector<T>& values) {
    constants.resize((constants.size() + kImageAlignment - 1) / kImageAlignment * kImageAlignment);
    const size_t offset = constants.size(), n_bytes = values.size() * sizeof(T);
    constants.resize(offset + n_bytes);
    std::memcpy(constants.data() + offset, values.data(), n_bytes);
    return static_cast<uint32_t>(offset);
  }
};

/// The image: header, then the sections in the order that the loader requires, each aligned, and the checksum.
inline std::vector<uint8_t> AssembleImage(const ImageParts& parts) {
  std::vector<uint8_t> image(sizeof(ImageHeader));
  const auto append = [&image](const void* data, size_t n_bytes) {
    image.resize((image.size() + kImageAlignment - 1) / kImageAlignment * kImageAlignment);
    const auto* bytes = static_cast<const uint8_t*>(data);
    image.insert(image.end(), bytes, bytes + n_bytes);
    return static_cast<uint32_t>(image.size() - n_bytes);
  };
  ImageHeader header = {};
  header.magic = kImageMagic;
  header.version = kImageVersion;
  header.header_bytes = sizeof(ImageHeader);
  header.n_tensors = static_cast<uint16_t>(parts.tensors.size());
  header.n_operators = static_cast<uint16_t>(parts.operators.size());
  header.metadata_offset = append(&parts.metadata, sizeof(ModelMetadata));
  header.tensors_offset = append(parts.tensors.data(), parts.tensors.size() * sizeof(TensorRecord));
  header.operators_offset = append(parts.operators.data(), parts.operators.size() * sizeof(OperatorRecord));
  header.labels_offset = append(parts.labels.data(), parts.labels.size());
  header.labels_bytes = static_cast<uint32_t>(parts.labels.size());
  header.task_data_offset = append(parts.task_data.data(), parts.task_data.size());
  header.task_data_bytes = static_cast<uint32_t>(parts.task_data.size());
  header.constants_offset = append(parts.constants.data(), parts.constants.size());
  header.constants_bytes = static_cast<uint32_t>(parts.constants.size());
  header.total_bytes = static_cast<uint32_t>(image.size());
  std::memcpy(image.data(), &header, sizeof(header));
  constexpr size_t kChecksummedFrom = offsetof(ImageHeader, crc32) + sizeof(uint32_t);
  header.crc32 = Crc32(image.data() + kChecksummedFrom, image.size() - kChecksummedFrom);
  std::memcpy(image.data(), &header, sizeof(header));
  return image;
}

}  // namespace tinyhost
