#include "hal/clock.h"

#include <ctime>

namespace tinyhost::hal {
namespace {

uint64_t Nanoseconds() {
  timespec now = {};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(now.tv_nsec);
}

}  // namespace

uint64_t Ticks() { return Nanoseconds(); }
const char* TickUnit() { return "ns"; }
uint32_t TickHz() { return 1'000'000'000; }

uint64_t MicrosNow() {
  static const uint64_t start = Nanoseconds();
  return (Nanoseconds() - start) / 1000;
}

}  // namespace tinyhost::hal
