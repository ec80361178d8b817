#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace tinyhost {

/// Bytes from one writer to one reader, either of which may interrupt the other. kCapacity must be a power of two.
template <uint32_t kCapacity>
class ByteRing {
  static_assert((kCapacity & (kCapacity - 1)) == 0);

 public:
  uint32_t size() const { return head_.load(std::memory_order_acquire) - tail_.load(std::memory_order_acquire); }
  uint32_t room() const { return kCapacity - size(); }

  /// For the writer. Returns how many bytes fit.
  size_t Write(const uint8_t* data, size_t n) {
    const uint32_t head = head_.load(std::memory_order_relaxed);
    n = std::min<size_t>(n, room());
    for (size_t i = 0; i < n; ++i) bytes_[(head + i) % kCapacity] = data[i];
    head_.store(head + static_cast<uint32_t>(n), std::memory_order_release);
    return n;
  }

  /// For the reader. Returns how many bytes there were.
  size_t Read(uint8_t* data, size_t max) {
    const uint32_t tail = tail_.load(std::memory_order_relaxed);
    const size_t n = std::min<size_t>(max, size());
    for (size_t i = 0; i < n; ++i) data[i] = bytes_[(tail + i) % kCapacity];
    tail_.store(tail + static_cast<uint32_t>(n), std::memory_order_release);
    return n;
  }

  /// For the reader: discards all bytes.
  void Discard() { tail_.store(head_.load(std::memory_order_acquire), std::memory_order_release); }

 private:
  uint8_t bytes_[kCapacity] = {};
  std::atomic<uint32_t> head_{0};
  std::atomic<uint32_t> tail_{0};
};

}  // namespace tinyhost
