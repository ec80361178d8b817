#pragma once

#include <cstddef>
#include <cstdint>

#include "core/bytes.h"
#include "core/sha256.h"
#include "core/status.h"

namespace tinyhost {

/// One model slot in flash: a header page, then pages of image data.
///
///   header page:  0  magic, image_bytes, sha256, CRC-32 of these
///                48  commit word: erased until the image was verified
///                64  a progress word for each data page: erased until the page is written, then its CRC-32
///
/// Every word is written once after an erase, and the header's CRC, the progress words and the commit word are each
/// written after what they vouch for. So whatever a power loss leaves reads as empty, partial or committed.
class Slot {
 public:
  Slot() = default;
  /// `flash_offset` is the header page's.
  Slot(size_t flash_offset, size_t n_data_pages) : flash_offset_(flash_offset), n_data_pages_(n_data_pages) {}

  bool has_header() const;  // then image_bytes() and sha256() are right
  bool is_committed() const;
  uint32_t image_bytes() const;
  Sha256Digest sha256() const;
  Bytes image() const;  // in flash, 16-byte aligned
  size_t capacity() const;

  /// True if the stored bytes have the announced SHA-256.
  bool Verify() const;
  /// Bytes in pages that survive a power loss. `resumable` is false if a word that must still be written is no longer
  /// erased.
  uint32_t DurableBytes(bool* resumable) const;

  /// Forgets what the slot held.
  Status Clear();
  /// Clears and announces an image.
  Status Format(uint32_t image_bytes, const Sha256Digest& sha256);
  /// Writes one data page, `data` being a whole page of which `n_bytes` count, and then its progress word.
  Status WritePage(size_t page, uint8_t* data, size_t n_bytes);
  Status WriteCommit();

 private:
  const uint8_t* Data() const;
  uint32_t ProgressOf(size_t page) const;
  uint32_t ExpectedProgress(size_t page) const;
  size_t PageBytes(size_t page) const;

  size_t flash_offset_ = 0;
  size_t n_data_pages_ = 0;
};

}  // namespace tinyhost
