#include "emulator/pacer.h"

#include <time.h>

namespace tinyhost::emulator {
namespace {

constexpr int64_t kAheadNs = 1'000'000;  // shorter sleeps cost more than they gain

uint64_t NowNs() {
  timespec now = {};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(now.tv_nsec);
}

}  // namespace

uint64_t Pacer::wall_ns() const { return has_begun_ ? NowNs() - started_wall_ns_ : 0; }

void Pacer::Hold(uint64_t true_ns) {
  const uint64_t now = NowNs();
  if (!has_begun_) {
    has_begun_ = true;
    started_wall_ns_ = begin_wall_ns_ = now;
    begin_true_ns_ = true_ns;
  }
  if (is_off_) return;
  const int64_t ahead = static_cast<int64_t>(true_ns - begin_true_ns_) - static_cast<int64_t>(now - begin_wall_ns_);
  if (ahead > kAheadNs) {
    const timespec nap = {ahead / 1'000'000'000, ahead % 1'000'000'000};
    ::nanosleep(&nap, nullptr);
  } else if (ahead < -kForgivenNs) {
    behind_ns_ += static_cast<uint64_t>(-ahead);
    begin_wall_ns_ = now;
    begin_true_ns_ = true_ns;
  }
}

}  // namespace tinyhost::emulator
