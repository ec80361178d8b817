#pragma once

#include <atomic>
#include <cstdint>

namespace tinyhost {

/// Extends a counter that wraps after 2^32 to 64 bits, for readers of all priorities, without a lock: it counts half
/// periods of the counter, and the counter's upper bit tells one half from the next. Keep() must be called at least
/// once within each half.
class WideCounter {
 public:
  /// `now` is the counter. Call it from one place only.
  void Keep(uint32_t now) {
    const uint32_t n_halves = n_halves_.load(std::memory_order_relaxed);
    if ((n_halves & 1) != now >> 31) n_halves_.store(n_halves + 1, std::memory_order_release);
  }

  /// `read` returns the counter. It is read after the halves, so that it is the later of the two, never the earlier.
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
