#pragma once

#include <cstddef>
#include <cstdint>

#include "core/bytes.h"
#include "core/status.h"
#include "engine/image_format.h"

namespace tinyhost {

/// A tensor as the loaded plan places it. `data` points into the arena, or into the image for constants.
struct TensorView {
  TensorType type;
  uint8_t rank;
  int32_t dims[kMaxRank];  // 1 beyond rank
  float scale;
  int32_t zero_point;
  size_t n_bytes;
  void* data;
};

/// Typed access to the sections of a model image, in place.
class ImageView {
 public:
  ImageView() = default;

  /// Checks the header, the checksum, the sections, the metadata and the labels; then the accessors are safe.
  /// kImageVersion: another format version, or an image for another engine than this program's.
  Status Open(const uint8_t* image, size_t n_bytes);
  void Close() { image_ = nullptr; }
  bool loaded() const { return image_ != nullptr; }

  const ImageHeader& header() const { return *reinterpret_cast<const ImageHeader*>(image_); }
  const ModelMetadata& metadata() const { return Section<ModelMetadata>(header().metadata_offset)[0]; }
  const TensorRecord& tensor(size_t index) const { return Section<TensorRecord>(header().tensors_offset)[index]; }
  const OperatorRecord& op(size_t index) const { return Section<OperatorRecord>(header().operators_offset)[index]; }
  const char* labels() const { return Section<char>(header().labels_offset); }
  const char* label(size_t index) const;  // "" beyond the last, or with nothing open
  Bytes task_data() const { return {image_ + header().task_data_offset, header().task_data_bytes}; }
  const uint8_t* constants() const { return image_ + header().constants_offset; }

  /// `count` (below 2^56) elements at `offset` of the constants section; null if they are misaligned or not all inside.
  template <typename T>
  const T* Constants(uint32_t offset, uint64_t count) const {
    return reinterpret_cast<const T*>(ConstantBytes(offset, count * sizeof(T), alignof(T)));
  }

 private:
  const uint8_t* ConstantBytes(uint32_t offset, uint64_t n_bytes, uint32_t alignment) const;
  template <typename T>
  const T* Section(uint32_t offset) const {
    return reinterpret_cast<const T*>(image_ + offset);
  }

  const uint8_t* image_ = nullptr;
};

/// The tensor that a record describes, at its place.
TensorView ViewOf(const TensorRecord& record, void* data);

/// Number of elements, their bytes, and bytes of one element.
size_t ElementCount(const TensorRecord& tensor);
size_t ByteCount(const TensorRecord& tensor);
size_t ElementBytes(TensorType type);
inline size_t ElementCount(const TensorView& tensor) { return tensor.n_bytes / ElementBytes(tensor.type); }

}  // namespace tinyhost
