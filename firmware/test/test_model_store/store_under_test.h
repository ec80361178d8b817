#pragma once

#include <algorithm>
#include <array>
#include <vector>

#include "../support/memory_flash.h"
#include "core/pattern.h"
#include "core/sha256.h"
#include "model_store/journal.h"
#include "model_store/model_store.h"

namespace tinyhost {

constexpr size_t kSlotPages = 4;  // of data
constexpr size_t kFlashPages = Journal::kPages + ModelStore::kSlots * (1 + kSlotPages);
constexpr size_t kPage = hal::kFlashPageBytes;

using Image = std::vector<uint8_t>;

/// Bytes that the check below accepts; they differ for each seed.
inline Image MakeImage(uint32_t seed, size_t n_bytes) {
  Image image(n_bytes);
  FillPattern(seed, 0, image.data(), image.size());
  image[0] = 'M';
  return image;
}

inline Sha256Digest HashOf(const Image& image) { return Sha256::Of(image.data(), image.size()); }

/// Stands for the engine: an image must start with M.
/// Firmware with another engine, which runs images that begin with 'O'.
inline ImageCheck AcceptsO() {
  const auto check = [](void*, Bytes image) { return image.data[0] == 'O' ? Status::kOk : Status::kImageVersion; };
  return {check, nullptr};
}

inline ImageCheck AcceptsM() {
  const auto check = [](void*, Bytes image) { return image.data[0] == 'M' ? Status::kOk : Status::kImageMagic; };
  return {check, nullptr};
}

/// A store as it is after power-on; a new one is a reboot.
struct Booted {
  std::array<uint8_t, kPage> page;
  Journal journal{0};
  ModelStore store{&journal, page.data()};

  ImageCheck check;

  explicit Booted(const ImageCheck& accepts = AcceptsM()) : check(accepts) {
    journal.Boot();
    store.Boot(check);
  }

  /// Pushes an image as a host does; stops at the first refusal.
  Status Push(const Image& image, size_t chunk_bytes = 1000, bool force = false) {
    Status status = store.Begin(static_cast<uint32_t>(image.size()), HashOf(image), force);
    while (status == Status::kOk && store.progress().offset < image.size()) {
      const uint32_t offset = store.progress().offset;
      const size_t n = std::min<size_t>(chunk_bytes, image.size() - offset);
      status = store.Write(offset, {image.data() + offset, n});
    }
    return status == Status::kOk ? store.Commit(check) : status;
  }

  bool Runs(const Image& image) const {
    const Bytes active = store.active_image();
    return active.size == image.size() && std::equal(image.begin(), image.end(), active.data);
  }
};

/// Puts a fresh flash behind the hal.
struct WithFlash {
  MemoryFlash flash{kFlashPages};
  WithFlash() { TheFlash() = &flash; }
};

}  // namespace tinyhost
