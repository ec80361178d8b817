#include "model_store/slot.h"

#include <algorithm>
#include <cstring>

#include "core/crc32.h"
#include "hal/flash.h"

namespace tinyhost {
namespace {

constexpr uint32_t kMagic = 0x4C534854;   // "THSL"
constexpr uint32_t kCommit = 0x544D4D43;  // "CMMT"
constexpr uint32_t kErased = 0xFFFFFFFF;
constexpr size_t kCommitOffset = 48;
constexpr size_t kProgressOffset = 64;
constexpr size_t kWord = hal::kFlashWordBytes;

struct SlotHeader {
  uint32_t magic;
  uint32_t image_bytes;
  uint8_t sha256[32];
  uint32_t crc32;  // of all before
};
static_assert(sizeof(SlotHeader) <= kCommitOffset, "the commit word follows the header");

uint32_t ReadWord(const uint8_t* p) {
  uint32_t word;
  std::memcpy(&word, p, sizeof(word));
  return word;
}

SlotHeader ReadHeader(const uint8_t* page) {
  SlotHeader header;
  std::memcpy(&header, page, sizeof(header));
  return header;
}

}  // namespace

const uint8_t* Slot::Data() const { return hal::FlashData() + flash_offset_; }

size_t Slot::capacity() const { return n_data_pages_ * hal::kFlashPageBytes; }

bool Slot::has_header() const {
  const SlotHeader header = ReadHeader(Data());
  return header.magic == kMagic && header.crc32 == Crc32(&header, offsetof(SlotHeader, crc32)) &&
         header.image_bytes > 0 && header.image_bytes <= capacity();
}

bool Slot::is_committed() const { return has_header() && ReadWord(Data() + kCommitOffset) == kCommit; }

uint32_t Slot::image_bytes() const { return ReadHeader(Data()).image_bytes; }

Sha256Digest Slot::sha256() const {
  const SlotHeader header = ReadHeader(Data());
  Sha256Digest digest;
  std::memcpy(digest.data(), header.sha256, digest.size());
  return digest;
}

Bytes Slot::image() const { return {Data() + hal::kFlashPageBytes, image_bytes()}; }

bool Slot::Verify() const { return has_header() && Sha256::Of(image().data, image().size) == sha256(); }

uint32_t Slot::DurableBytes(bool* resumable) const {
  const size_t n_pages = (image_bytes() + hal::kFlashPageBytes - 1) / hal::kFlashPageBytes;
  size_t page = 0;
  while (page < n_pages && ProgressOf(page) == ExpectedProgress(page)) ++page;
  const size_t n_durable = std::min<size_t>(page * hal::kFlashPageBytes, image_bytes());
  *resumable = ReadWord(Data() + kCommitOffset) == kErased;
  for (; page < n_data_pages_; ++page) *resumable = *resumable && ProgressOf(page) == kErased;
  return static_cast<uint32_t>(n_durable);
}

Status Slot::Clear() { return hal::FlashErasePage(flash_offset_); }

Status Slot::Format(uint32_t image_bytes, const Sha256Digest& sha256) {
  const Status status = Clear();
  if (status != Status::kOk) return status;
  SlotHeader header = {kMagic, image_bytes, {}, 0};
  std::memcpy(header.sha256, sha256.data(), sha256.size());
  header.crc32 = Crc32(&header, offsetof(SlotHeader, crc32));
  return hal::FlashWrite(flash_offset_, reinterpret_cast<const uint8_t*>(&header), sizeof(header));
}

Status Slot::WritePage(size_t page, uint8_t* data, size_t n_bytes) {
  if (ProgressOf(page) != kErased) return Status::kFlashWrite;
  const size_t data_offset = flash_offset_ + (1 + page) * hal::kFlashPageBytes;
  const size_t n_padded = (n_bytes + kWord - 1) / kWord * kWord;
  std::memset(data + n_bytes, 0xFF, n_padded - n_bytes);
  Status status = hal::FlashErasePage(data_offset);
  if (status == Status::kOk) status = hal::FlashWrite(data_offset, data, n_padded);
  if (status != Status::kOk) return status;
  const uint32_t progress = ExpectedProgress(page);
  return hal::FlashWrite(flash_offset_ + kProgressOffset + page * kWord, reinterpret_cast<const uint8_t*>(&progress),
                         kWord);
}

Status Slot::WriteCommit() {
  return hal::FlashWrite(flash_offset_ + kCommitOffset, reinterpret_cast<const uint8_t*>(&kCommit), kWord);
}

uint32_t Slot::ProgressOf(size_t page) const { return ReadWord(Data() + kProgressOffset + page * kWord); }

/// The CRC-32 of the page as it is in flash; never the erased word.
uint32_t Slot::ExpectedProgress(size_t page) const {
  const uint32_t crc = Crc32(image().data + page * hal::kFlashPageBytes, PageBytes(page));
  return crc == kErased ? kErased - 1 : crc;
}

size_t Slot::PageBytes(size_t page) const {
  return std::min<size_t>(hal::kFlashPageBytes, image_bytes() - page * hal::kFlashPageBytes);
}

}  // namespace tinyhost
