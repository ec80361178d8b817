#include "model_store/journal.h"

#include <cstring>

#include "core/crc32.h"
#include "hal/flash.h"

namespace tinyhost {
namespace {

constexpr uint32_t kMagic = 0x4C4A4854;  // "THJL"

struct PageHeader {
  uint32_t magic;
  uint32_t generation;
  uint32_t crc32;  // of the two before
};

constexpr size_t kRecordsOffset = 16;

PageHeader MakeHeader(uint32_t generation) {
  PageHeader header = {kMagic, generation, 0};
  header.crc32 = Crc32(&header, offsetof(PageHeader, crc32));
  return header;
}

}  // namespace

struct Journal::Record {
  uint32_t key;
  int32_t value;
  uint32_t crc32;  // of the page's generation, the key and the value

  static Record Make(uint32_t generation, uint32_t key, int32_t value) {
    Record record = {key, value, 0};
    record.crc32 = Crc32(&record, offsetof(Record, crc32), Crc32(&generation, sizeof(generation)));
    return record;
  }
};

namespace {
constexpr size_t kRecordBytes = 12;
constexpr size_t kMaxRecords = (hal::kFlashPageBytes - kRecordsOffset) / kRecordBytes;
static_assert(Journal::kMaxKeys < kMaxRecords, "a compacted page must have room for new records");

constexpr size_t RecordOffset(size_t index) { return kRecordsOffset + index * kRecordBytes; }
}  // namespace

void Journal::Boot() {
  has_page_ = false;
  n_records_ = 0;
  generation_ = 0;
  for (size_t page = 0; page < kPages; ++page) {
    PageHeader header;
    std::memcpy(&header, Page(page), sizeof(header));
    const PageHeader right = MakeHeader(header.generation);
    if (std::memcmp(&header, &right, sizeof(header)) != 0) continue;
    if (has_page_ && header.generation <= generation_) continue;
    has_page_ = true;
    page_ = page;
    generation_ = header.generation;
  }
  if (!has_page_) return;
  n_records_ = kMaxRecords;
  while (n_records_ > 0 && IsBlank(n_records_ - 1)) --n_records_;
}

bool Journal::Get(uint32_t key, int32_t* value) const {
  for (size_t i = n_records_; i-- > 0;) {
    Record record;
    if (!ReadRecord(i, &record) || record.key != key) continue;
    *value = record.value;
    return true;
  }
  return false;
}

Status Journal::Set(uint32_t key, int32_t value) {
  int32_t stored;
  if (Get(key, &stored) && stored == value) return Status::kOk;
  if (CountKeysBut(key) >= kMaxKeys) return Status::kNoSpace;
  if (!has_page_ || n_records_ == kMaxRecords) return Compact(key, value);
  return Append(page_, n_records_++, generation_, key, value);
}

Status Journal::Append(size_t page, size_t index, uint32_t generation, uint32_t key, int32_t value) {
  const Record record = Record::Make(generation, key, value);
  static_assert(sizeof(record) == kRecordBytes, "RecordOffset() counts with it");
  return hal::FlashWrite(flash_offset_ + page * hal::kFlashPageBytes + RecordOffset(index),
                         reinterpret_cast<const uint8_t*>(&record), sizeof(record));
}

Status Journal::Compact(uint32_t key, int32_t value) {
  const size_t target = has_page_ ? 1 - page_ : 0;
  const size_t target_offset = flash_offset_ + target * hal::kFlashPageBytes;
  Status status = hal::FlashErasePage(target_offset);
  size_t n_kept = 0;
  for (size_t i = 0; i < n_records_ && status == Status::kOk; ++i) {
    Record record;
    if (!ReadRecord(i, &record) || record.key == key || !IsLatest(i)) continue;
    status = Append(target, n_kept++, generation_ + 1, record.key, record.value);
  }
  if (status == Status::kOk) status = Append(target, n_kept++, generation_ + 1, key, value);
  if (status != Status::kOk) return status;
  const PageHeader header = MakeHeader(generation_ + 1);
  status = hal::FlashWrite(target_offset, reinterpret_cast<const uint8_t*>(&header), sizeof(header));
  if (status != Status::kOk) return status;
  has_page_ = true;
  page_ = target;
  n_records_ = n_kept;
  ++generation_;
  return Status::kOk;
}

const uint8_t* Journal::Page(size_t page) const {
  return hal::FlashData() + flash_offset_ + page * hal::kFlashPageBytes;
}

bool Journal::ReadRecord(size_t index, Record* record) const {
  std::memcpy(record, Page(page_) + RecordOffset(index), sizeof(*record));
  return record->crc32 == Record::Make(generation_, record->key, record->value).crc32;
}

bool Journal::IsBlank(size_t index) const {
  const uint8_t* record = Page(page_) + RecordOffset(index);
  for (size_t i = 0; i < kRecordBytes; ++i) {
    if (record[i] != 0xFF) return false;
  }
  return true;
}

bool Journal::IsLatest(size_t index) const {
  Record record;
  Record later;
  if (!ReadRecord(index, &record)) return false;
  for (size_t i = index + 1; i < n_records_; ++i) {
    if (ReadRecord(i, &later) && later.key == record.key) return false;
  }
  return true;
}

size_t Journal::CountKeysBut(uint32_t key) const {
  size_t n_keys = 0;
  for (size_t i = 0; i < n_records_; ++i) {
    Record record;
    n_keys += ReadRecord(i, &record) && record.key != key && IsLatest(i) ? 1 : 0;
  }
  return n_keys;
}

}  // namespace tinyhost
