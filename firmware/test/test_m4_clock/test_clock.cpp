#include <doctest/doctest.h>

#include <initializer_list>

#include "hal/clock.h"

namespace tinyhost {
namespace {

// Three instructions a turn, and three more to enter and leave.
__attribute__((naked, noipa)) void Spin(uint32_t /*turns*/) {
  __asm__ volatile("1: subs r0, #1\n nop\n bne 1b\n bx lr\n");
}

uint64_t Measure(uint32_t turns) {
  const uint64_t start = hal::Ticks();
  Spin(turns);
  return hal::Ticks() - start;
}

TEST_CASE("a tick is an instruction, exactly, from one turn to a million") {
  const uint64_t one = Measure(1);
  for (const uint32_t turns : {1u, 2u, 3u, 7u, 100u, 1000u, 65'537u, 1'000'000u}) {
    CAPTURE(turns);
    CHECK(Measure(turns) - one == 3u * (turns - 1));
  }
}

TEST_CASE("the same code takes the same number of instructions each time") {
  const uint64_t first = Measure(1000);
  for (int i = 0; i < 200; ++i) CHECK(Measure(1000) == first);
}

TEST_CASE("a pause of the processor costs the next measurement nothing") {
  const uint64_t first = Measure(1000);
  for (const uint32_t pause_ms : {1u, 3u, 10u}) {
    hal::WaitForLink(pause_ms);
    CHECK(Measure(1000) == first);
  }
}

TEST_CASE("a span longer than the counter's 1.34 G instructions is counted in full") {
  constexpr uint32_t kTurns = 1'000'000'000;
  CHECK(Measure(kTurns) - Measure(1) == 3ull * (kTurns - 1));
}

TEST_CASE("microseconds go on while the processor waits") {
  const uint64_t start_us = hal::MicrosNow();
  hal::WaitForLink(50);
  const uint64_t waited_us = hal::MicrosNow() - start_us;
  CHECK(waited_us >= 45'000);
}

}  // namespace
}  // namespace tinyhost
