#include <fstream>

#include "emulator/peripherals/clock_power.h"
#include "emulator/peripherals/rtc.h"
#include "emulator/peripherals/timer.h"
#include "emulator/peripherals/watchdog.h"
#include "emulator/system/time_note.h"
#include "emulator/test/chip.h"
#include "emulator/test/scratch.h"

namespace tinyhost::emulator {
namespace {

constexpr uint32_t kStart = 0x000, kClear = 0x00c, kCapture0 = 0x040, kCompare0 = 0x140, kShorts = 0x200,
                   kIntenSet = 0x304;
constexpr uint32_t kBitMode = 0x508, kCc0 = 0x540, kCounter = 0x504;
constexpr uint32_t kHfclkStart = 0x000, kLfclkStart = 0x008, kHfclkStat = 0x40c;

TEST_CASE("a timer counts microseconds, and raises its interrupt when they are over") {
  Chip chip;
  Timer timer(chip.system, "TIMER0", 0x40008000, 4);
  timer.Write(kBitMode, 3);
  timer.Write(kCc0, 1000);
  timer.Write(kIntenSet, 1u << 16);
  timer.Write(kStart, 1);
  chip.Run(timer, 999);
  CHECK_FALSE(chip.IsPending(timer));
  chip.Run(timer, 2);
  CHECK(chip.IsPending(timer));
  timer.Write(kCapture0, 1);
  CHECK(timer.Read(kCc0) == 1001);
}

TEST_CASE("a timer with a shortcut begins anew at each match") {
  Chip chip;
  Timer timer(chip.system, "TIMER0", 0x40008000, 4);
  timer.Write(kBitMode, 3);
  timer.Write(kCc0, 100);
  timer.Write(kShorts, 1);
  timer.Write(kStart, 1);
  chip.Run(timer, 250);
  CHECK(timer.Read(kCompare0) == 1);
  timer.Write(kCapture0 + 4, 1);
  CHECK(timer.Read(kCc0 + 4) == 50);
}

TEST_CASE("the RC oscillator's error is in the timers until the crystal runs") {
  Chip chip({-0.05, 0, 0});
  ClockPower power(chip.system);
  const auto milliseconds = [&chip](uint64_t cycles) {
    const uint64_t begin_ns = chip.clock.TrueNs();
    chip.clock.Advance(cycles);
    return static_cast<double>(chip.clock.TrueNs() - begin_ns) / 1e6;
  };
  CHECK(milliseconds(64'000) == doctest::Approx(1 / 0.95));
  power.Write(kHfclkStart, 1);
  chip.Run(power, 400);
  CHECK(power.Read(kHfclkStat) == 0x10001);
  CHECK(milliseconds(64'000) == doctest::Approx(1.0));
}

TEST_CASE("a crystal may start late, or never") {
  Chip late({0, 0, 0, 40'000});
  ClockPower slow(late.system);
  slow.Write(kHfclkStart, 1);
  late.Run(slow, 39'000);
  CHECK(slow.Read(kHfclkStat) == 0x10000);
  late.Run(slow, 2'000);
  CHECK(slow.Read(kHfclkStat) == 0x10001);

  Chip broken({0, 0, 0, kNever});
  ClockPower dead(broken.system);
  dead.Write(kHfclkStart, 1);
  broken.Run(dead, 10'000'000);
  CHECK(dead.Read(kHfclkStat) == 0x10000);
}

TEST_CASE("a counter of 32 bits wraps as soon as a test wants it") {
  Chip chip({}, 2);
  Timer timer(chip.system, "TIMER0", 0x40008000, 4);
  timer.Write(kBitMode, 3);
  timer.Write(kClear, 1);
  timer.Write(kStart, 1);
  chip.Run(timer, 1'999'999);
  timer.Write(kCapture0, 1);
  CHECK(timer.Read(kCc0) == UINT32_MAX);
  chip.Run(timer, 1);
  timer.Write(kCapture0, 1);
  CHECK(timer.Read(kCc0) == 0);
  CHECK(chip.clock.FirstCount(Clock::kHz) == 0 - 2 * 64'000'000u);
}

TEST_CASE("an RTC keeps true time while the processor's clock is off") {
  Chip chip({0.08, 0, 0});
  ClockPower power(chip.system);
  Rtc rtc(chip.system, "RTC0", 0x4000b000, 3, power);
  power.Write(kLfclkStart, 1);
  chip.Run(power, 2000);
  rtc.Write(kStart, 1);
  chip.clock.Advance(64'000'000);  // at 8 % too many a second
  CHECK(rtc.Read(kCounter) == doctest::Approx(32768 / 1.08).epsilon(0.001));
  CHECK(chip.log.n_defects() == 0);
}

TEST_CASE("an RTC compare value that is the next tick comes too late") {
  Chip chip;
  ClockPower power(chip.system);
  Rtc rtc(chip.system, "RTC0", 0x4000b000, 3, power);
  power.Write(kLfclkStart, 1);
  chip.Run(power, 2000);
  rtc.Write(kStart, 1);
  chip.Run(rtc, 1000);
  rtc.Write(kIntenSet, 1u << 16);
  rtc.Write(kCc0, rtc.Read(kCounter) + 1);
  chip.Run(rtc, 10'000);
  CHECK_FALSE(chip.IsPending(rtc));
  rtc.Write(kCc0, rtc.Read(kCounter) + 2);
  chip.Run(rtc, 100);
  CHECK(chip.IsPending(rtc));
}

TEST_CASE("a register that does not exist is a defect") {
  Chip chip;
  Timer timer(chip.system, "TIMER0", 0x40008000, 4);
  CHECK(timer.Read(0x7fc) == 0);
  timer.Write(kCc0 + 16, 1);  // TIMER0 has four channels
  CHECK(chip.log.n_defects() == 2);
}

TEST_CASE("a watchdog that is not fed resets the chip") {
  Chip chip;
  Watchdog watchdog(chip.system);
  watchdog.Write(0x504, 32768 - 1);
  watchdog.Write(kStart, 1);
  chip.Run(watchdog, 900'000);
  watchdog.Write(0x600, 0x6e524635);
  chip.Run(watchdog, 900'000);
  CHECK_FALSE(chip.execution.is_reset_wanted);
  chip.Run(watchdog, 200'000);
  CHECK(chip.execution.is_reset_wanted);
  CHECK(chip.execution.reset_reason == ClockPower::kByWatchdog);
}

TEST_CASE("the board's time stands in a file, and begins anew with the emulator") {
  const Scratch scratch;
  const auto noted_ns = [] {
    uint64_t value = 1;
    std::ifstream("time", std::ios::binary).read(reinterpret_cast<char*>(&value), sizeof value);
    return value;
  };
  for (const uint64_t ns : {uint64_t{5'000'000'000}, uint64_t{7}}) {
    TimeNote note;
    CHECK(noted_ns() == 0);
    note.Write(ns);
    CHECK(noted_ns() == ns);
  }
}

}  // namespace
}  // namespace tinyhost::emulator
