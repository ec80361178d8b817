#include "engine/image_view.h"

#include <cstring>

#include "core/crc32.h"
#include "kernels/hot.h"

namespace tinyhost {

namespace {

#ifdef TINYHOST_ENGINE_TFLM
constexpr uint16_t kOldestVersion = kTflmImageVersion;
constexpr uint16_t kVersion = kTflmImageVersion;
#else
constexpr uint16_t kOldestVersion = kOldestImageVersion;
constexpr uint16_t kVersion = kImageVersion;
#endif

constexpr size_t kChecksummedFrom = offsetof(ImageHeader, crc32) + sizeof(uint32_t);

/// Sections follow each other in the order of calls; each must start aligned, at or after the end of the one before.
class SectionChecker {
 public:
  explicit SectionChecker(uint32_t total_bytes) : total_bytes_(total_bytes) {}

  TINYHOST_COLD bool Next(uint32_t offset, uint32_t n_bytes) {
    const bool fits =
        offset % kImageAlignment == 0 && offset >= end_ && offset <= total_bytes_ && n_bytes <= total_bytes_ - offset;
    end_ = offset + n_bytes;
    return fits;
  }

 private:
  uint32_t total_bytes_;
  uint32_t end_ = sizeof(ImageHeader);
};

TINYHOST_COLD Status CheckHeader(const ImageHeader& header, size_t n_bytes) {
  if (header.magic != kImageMagic) return Status::kImageMagic;
  if (header.version < kOldestVersion || header.version > kVersion) return Status::kImageVersion;
  if (header.total_bytes != n_bytes || header.header_bytes != sizeof(ImageHeader)) return Status::kImageLength;
  const uint8_t* start = reinterpret_cast<const uint8_t*>(&header);
  if (Crc32(start + kChecksummedFrom, n_bytes - kChecksummedFrom) != header.crc32) return Status::kImageChecksum;
  if (header.n_tensors > kMaxTensors || header.n_operators > kMaxOperators) return Status::kImageSection;
  SectionChecker sections(header.total_bytes);
  const bool in_order = sections.Next(header.metadata_offset, sizeof(ModelMetadata)) &&
                        sections.Next(header.tensors_offset, uint32_t{header.n_tensors} * sizeof(TensorRecord)) &&
                        sections.Next(header.operators_offset, uint32_t{header.n_operators} * sizeof(OperatorRecord)) &&
                        sections.Next(header.labels_offset, header.labels_bytes) &&
                        sections.Next(header.task_data_offset, header.task_data_bytes) &&
                        sections.Next(header.constants_offset, header.constants_bytes);
  return in_order ? Status::kOk : Status::kImageSection;
}

TINYHOST_COLD Status CheckMetadata(const ImageView& view) {
  const ImageHeader& header = view.header();
  const ModelMetadata& metadata = view.metadata();
  if (std::memchr(metadata.name, 0, sizeof(metadata.name)) == nullptr || metadata.task > Task::kGestures ||
      metadata.smoothing < 1 || metadata.arena_bytes > kMaxTensorBytes || metadata.input_tensor >= header.n_tensors ||
      metadata.output_tensor >= header.n_tensors ||
      metadata.target_label >= (metadata.n_labels ? metadata.n_labels : 1)) {
    return Status::kImageMetadata;
  }
  uint32_t n_labels = 0;
  for (uint32_t i = 0; i < header.labels_bytes; ++i) n_labels += view.labels()[i] == 0;
  const bool terminated = header.labels_bytes == 0 || view.labels()[header.labels_bytes - 1] == 0;
  return terminated && n_labels == metadata.n_labels ? Status::kOk : Status::kImageMetadata;
}

}  // namespace

TINYHOST_COLD Status ImageView::Open(const uint8_t* image, size_t n_bytes) {
  Close();
  if (image == nullptr || reinterpret_cast<uintptr_t>(image) % kImageAlignment != 0) return Status::kBadArgument;
  if (n_bytes < sizeof(ImageHeader)) return Status::kImageLength;
  image_ = image;
  Status status = CheckHeader(header(), n_bytes);
  if (status == Status::kOk) status = CheckMetadata(*this);
  if (status != Status::kOk) Close();
  return status;
}

TINYHOST_COLD const char* ImageView::label(size_t index) const {
  if (!loaded() || index >= metadata().n_labels) return "";
  const char* label = labels();
  for (; index > 0; --index) label += std::strlen(label) + 1;
  return label;
}

TINYHOST_COLD const uint8_t* ImageView::ConstantBytes(uint32_t offset, uint64_t n_bytes, uint32_t alignment) const {
  const bool inside = offset + n_bytes <= header().constants_bytes;
  return inside && offset % alignment == 0 ? constants() + offset : nullptr;
}

TINYHOST_COLD TensorView ViewOf(const TensorRecord& record, void* data) {
  const auto& d = record.dims;
  return {record.type, record.rank, {d[0], d[1], d[2], d[3]}, record.scale, record.zero_point, ByteCount(record), data};
}
static_assert(kMaxRank == 4, "ViewOf and ElementCount have as many dimensions");

TINYHOST_HOT size_t ElementCount(const TensorRecord& tensor) {
  const auto dim = [&tensor](int d) { return static_cast<size_t>(tensor.dims[d]); };
  return dim(0) * dim(1) * dim(2) * dim(3);
}

size_t ByteCount(const TensorRecord& tensor) { return ElementCount(tensor) * ElementBytes(tensor.type); }

size_t ElementBytes(TensorType type) {
  if (type == TensorType::kInt16) return 2;
  return type == TensorType::kInt8 || type == TensorType::kUint8 ? 1 : 4;
}

}  // namespace tinyhost
