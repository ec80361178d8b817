// What a camera's row costs in its self-test. A row leaves 73,500 cycles at Ov7675Test::kDivider: every fourth of the
// sensor's rows of 784 * 2 clocks of 4 MHz, in cycles of 64 MHz, less what reading its 320 bytes takes.
#include <doctest/doctest.h>

#include "drivers/ov7675_test.h"
#include "hal/clock.h"

namespace tinyhost {
namespace {

constexpr uint32_t kRowCycles = 73'500;
constexpr uint32_t kCyclesPerInstruction = 2;  // at most, of code without division that waits for flash now and then

PatternTest pattern;
uint8_t rows[2][Ov7675::kWidth];
uint32_t y;

__attribute__((noipa)) void TakeRow() { pattern.Take(rows[y % 2], y); }

uint32_t Instructions() {
  const uint64_t start = hal::Ticks();
  TakeRow();
  return static_cast<uint32_t>(hal::Ticks() - start);
}

}  // namespace

TEST_CASE("the self-test's work for a row leaves half of the row's time") {
  uint32_t state = 1;
  for (auto& row : rows) {
    for (uint8_t& pixel : row) pixel = static_cast<uint8_t>((state = state * 1664525u + 1013904223u) >> 24);
  }
  uint32_t most = 0;
  for (y = 0; y < Ov7675::kHeight; ++y) {
    const uint32_t instructions = Instructions();
    most = instructions > most ? instructions : most;
  }
  y = 1;
  MESSAGE("a row of the camera's pattern: ", Instructions(), " instructions, at most ", most);
  CHECK(most * kCyclesPerInstruction <= kRowCycles / 2);
}

}  // namespace tinyhost
