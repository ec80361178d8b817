#pragma once

#include <atomic>
#include <cstdint>

namespace tinyhost {

/// Makes 64 bits of a counter that wraps after 2^32, for readers of all priorities, without a lock: it counts halves of
/// the counter's period, and a half is told from the next one by the counter's upper bit. Someone must call Keep() at
/// least once within each half.
class WideCounter {
 public:
  /// now: the counter. From one place only.
  void Keep(uint32_t now) {
    const uint32_t n_halves = n_halves_.load(std::memory_order_relaxed);
    if ((n_halves & 1) != now >> 31) n_halves_.store(n_halves + 1, std::memory_order_release);
  }

  /// read: returns the counter. It is read after the halves, so that it is the later one of the two, never the earlier.
  template <typename Reader>
  uint64_t Now(Reader read) const {
    const uint32_t n_halves = n_halves_.load(std::memory_order_acquire);
    const uint32_t now = read();
    return (static_cast<uint64_t>(n_halves) << 31) + (now ^ (n_halves & 1) << 31);
  }

 private:
  std::atomic<uint32_t> n_halves_{0};
};

}  // namespace tinyhost
