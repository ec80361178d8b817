#pragma once

#include <cstdint>

namespace tinyhost::emulator {

/// Keeps virtual time from running ahead of the computer's clock. On a computer that is too slow it falls behind; more
/// than kForgivenNs is not made up later but counted: time is late then, but never jumps.
class Pacer {
 public:
  static constexpr int64_t kForgivenNs = 250'000'000;

  explicit Pacer(bool is_off) : is_off_(is_off) {}

  /// Waits until it is `true_ns`.
  void Hold(uint64_t true_ns);
  uint64_t behind_ns() const { return behind_ns_; }
  uint64_t wall_ns() const;

 private:
  const bool is_off_;
  bool has_begun_ = false;
  uint64_t begin_wall_ns_ = 0;
  uint64_t begin_true_ns_ = 0;
  uint64_t started_wall_ns_ = 0;
  uint64_t behind_ns_ = 0;
};

}  // namespace tinyhost::emulator
