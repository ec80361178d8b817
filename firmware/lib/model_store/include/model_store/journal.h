#pragma once

#include <cstddef>
#include <cstdint>

#include "core/status.h"

namespace tinyhost {

/// Small values that survive power loss at any write: two flash pages, with records appended to one of them.
///
/// A page is a header {magic, generation, CRC-32} followed by records {key, value, CRC-32}. The last good record of a
/// key is valid. When the page is full, the other one is erased and gets the latest records, with its header last: that
/// one word switches pages. A torn record fails its CRC and is skipped.
class Journal {
 public:
  static constexpr size_t kPages = 2;
  static constexpr size_t kMaxKeys = 64;

  /// The journal takes two pages of the flash from `flash_offset` on.
  explicit Journal(size_t flash_offset) : flash_offset_(flash_offset) {}

  /// Reads the flash; before that, the journal is empty.
  void Boot();

  /// Returns false if the key was never set.
  bool Get(uint32_t key, int32_t* value) const;
  /// Durable when it returns kOk; writes nothing if the key already has this value. Returns kNoSpace for more than
  /// kMaxKeys.
  Status Set(uint32_t key, int32_t value);

 private:
  struct Record;

  const uint8_t* Page(size_t page) const;
  bool ReadRecord(size_t index, Record* record) const;
  bool IsBlank(size_t index) const;
  Status Append(size_t page, size_t index, uint32_t generation, uint32_t key, int32_t value);
  Status Compact(uint32_t key, int32_t value);
  size_t CountKeysBut(uint32_t key) const;
  bool IsLatest(size_t index) const;

  size_t flash_offset_;
  bool has_page_ = false;
  size_t page_ = 0;
  uint32_t generation_ = 0;
  size_t n_records_ = 0;  // positions used up, good or torn
};

}  // namespace tinyhost
