#include <fstream>
#include <stdexcept>

#include "emulator/board/board.h"
#include "emulator/cpu/protection.h"
#include "emulator/cpu/system_control.h"
#include "emulator/peripherals/pdm.h"
#include "emulator/peripherals/twim.h"
#include "emulator/test/chip.h"
#include "emulator/test/scratch.h"

namespace tinyhost::emulator {
namespace {

TEST_CASE("flash is a file, and a file of another size is none") {
  const Scratch scratch;
  Clock clock({});
  Log log(clock, false);
  {
    Memory memory(log, "flash.bin");
    CHECK(memory.flash()[kFlashBytes - 1] == 0xff);
    memory.flash()[5] = 0x12;
  }
  CHECK(Memory(log, "flash.bin").flash()[5] == 0x12);
  std::ofstream("short.bin") << "abc";
  CHECK_THROWS_WITH_AS(Memory(log, "short.bin"), "short.bin: expected 1048576 bytes of flash, got 3",
                       std::runtime_error);
}

TEST_CASE("the exception with the lowest priority number comes first, and lines stay pending") {
  Exceptions exceptions;
  for (const int irq : {3, 7}) exceptions.Enable(kFirstIrq + irq, true);
  exceptions.SetPriority(kFirstIrq + 3, 0x60);
  exceptions.SetPriority(kFirstIrq + 7, 0x20);
  exceptions.SetLine(3, true);
  exceptions.SetLine(7, true);
  CHECK(exceptions.Best() == kFirstIrq + 7);
  exceptions.Enter(kFirstIrq + 7);
  CHECK(exceptions.ActivePriority() == 0x20);
  CHECK(exceptions.Best() == kFirstIrq + 3);
  exceptions.Leave(kFirstIrq + 7);
  CHECK(exceptions.is_pending(kFirstIrq + 7));
}

TEST_CASE("of overlapping regions the one with the highest number counts, and eighths may be left out") {
  Protection mpu;
  mpu.Write(0x0c, 0x00000000 | 0x10 | 0);
  mpu.Write(0x10, 6u << 24 | 28u << 1 | 1);  // 512 MB, read-only
  mpu.Write(0x0c, 0x20000000 | 0x10 | 1);
  mpu.Write(0x10, 1u << 28 | 3u << 24 | 0x01 << 8 | 11u << 1 | 1);  // 4 KB without its first 512 bytes
  CHECK(mpu.At(0x40000).write);
  mpu.Write(0x04, 1);
  CHECK_FALSE(mpu.At(0x40000).write);
  CHECK(mpu.At(0x40000).execute);
  CHECK_FALSE(mpu.At(0x20000100).read);
  CHECK(mpu.At(0x20000200).write);
  CHECK_FALSE(mpu.At(0x20000200).execute);
  mpu.Write(0x04, 5);
  CHECK(mpu.At(0x20000100).execute);
}

TEST_CASE("what a range of bytes may be used for is what its weakest part may be used for") {
  Protection mpu;
  const auto same = [](Protection::Rights a, Protection::Rights b) {
    return a.read == b.read && a.write == b.write && a.execute == b.execute;
  };
  uint32_t dice = 1;
  const auto roll = [&](uint32_t n) { return (dice = dice * 1664525 + 1013904223) / 65536 % n; };
  for (int round = 0; round < 300; ++round) {
    const uint32_t number = roll(Protection::kRegions);
    const uint32_t log2_bytes = 5 + roll(14);
    mpu.Write(0x0c, (kRamBegin + roll(2048) * 32) | 0x10 | number);
    mpu.Write(0x10, roll(2) << 28 | roll(8) << 24 | roll(256) << 8 | (log2_bytes - 1) << 1 | (roll(8) != 0));
    mpu.Write(0x04, 1 | roll(2) << 2);
    for (uint32_t begin = kRamBegin; begin < kRamBegin + 0x10000; begin += 4096) {
      Protection::Rights weakest = {true, true, true};
      for (uint32_t part = 0; part < 4096; part += Protection::kMinRegionBytes) {
        const Protection::Rights at = mpu.At(begin + part);
        weakest = {weakest.read && at.read, weakest.write && at.write, weakest.execute && at.execute};
      }
      REQUIRE(same(mpu.OfAll(begin, 4096), weakest));
    }
  }
}

TEST_CASE("the cycle counter stands still while the processor sleeps") {
  Chip chip;
  SystemControl control(chip.system, chip.exceptions);
  control.Write(0xedfc, 4, 1u << 24);
  control.Write(0x1000, 4, 1);
  chip.clock.Advance(100);
  CHECK(control.Read(0x1004, 4) == 100);
  chip.clock.Advance(1000);
  control.OnSleep(1000);
  CHECK(control.Read(0x1004, 4) == 100);
}

struct Tone final : SoundSource {
  void StartSound() override { is_on = true; }
  void StopSound() override { is_on = false; }
  double SoundAt(double since_start_s) override { return since_start_s; }
  bool is_on = false;
};

TEST_CASE("PDM gives blocks of 16,000 samples a second, at the gain that is set, and takes the next place in time") {
  Chip chip;
  Tone tone;
  Pdm pdm(chip.system, tone);
  pdm.Write(0x504, 0x0a000000);  // 1.28 MHz
  pdm.Write(0x520, 1);           // / 80
  pdm.Write(0x508, 1);
  pdm.Write(0x518, 60);
  pdm.Write(0x560, kRamBegin);
  pdm.Write(0x564, 160);
  pdm.Write(0x500, 1);
  pdm.Write(0x000, 1);
  CHECK(tone.is_on);
  pdm.Write(0x560, kRamBegin + 1000);
  chip.Run(pdm, 9'999);
  CHECK(pdm.Read(0x108) == 0);
  chip.Run(pdm, 2);
  CHECK(pdm.Read(0x108) == 1);
  const auto sample = [&chip](size_t at) {
    return static_cast<int16_t>(chip.memory.ram()[at] | chip.memory.ram()[at + 1] << 8);
  };
  CHECK(sample(2 * 159) == doctest::Approx(159 / 16000.0 * 32768).epsilon(0.01));
  chip.Run(pdm, 10'000);
  CHECK(sample(1000) == doctest::Approx(160 / 16000.0 * 32768).epsilon(0.01));
}

struct BoardTest : Chip {
  Scratch scratch;
  Gpio port0{system, "P0", 0x50000000};
  Gpio port1{system, "P1", 0x50000300};
  I2s i2s{system};

  /// As the firmware does: MCK of 16 MHz on P0.27.
  void StartCameraClock(Board& board) {
    port0.Write(0x700 + 4 * 27, 1);
    i2s.Write(0x560, 27);
    i2s.Write(0x514, 0x80000000);
    i2s.Write(0x500, 1);
    i2s.Write(0x000, 1);
    for (const uint32_t pin : {2, 31}) port0.Write(0x700 + 4 * pin, 3u << 2);
    board.Follow();
    board.Poll();
  }
};

TEST_CASE_FIXTURE(BoardTest, "the sensor of its revision answers, with power and pull-ups") {
  Board board(system, {1, Ov7675Chip::Wires::kStraight, 0}, port0, port1, i2s);
  CHECK(board.Find(15, 14, 0x6b) == nullptr);
  port0.Write(0x700 + 4 * 22, 3);
  port0.Write(0x508, 1u << 22);
  CHECK(board.Find(15, 14, 0x6b) == nullptr);
  port1.Write(0x700, 3);
  port1.Write(0x508, 1);
  CHECK(board.Find(15, 14, 0x6b) != nullptr);
  CHECK(board.Find(15, 14, 0x68) == nullptr);
  CHECK(board.Find(2, 31, 0x6b) == nullptr);
  board.PlugMotionSensor(false);
  board.Follow();
  CHECK(board.Find(15, 14, 0x6b) == nullptr);
}

TEST_CASE_FIXTURE(BoardTest, "there is a camera while a scene is played, it has a clock, and it was not pulled") {
  Board board(system, {1, Ov7675Chip::Wires::kStraight, 0}, port0, port1, i2s);
  StartCameraClock(board);
  CHECK(board.Find(2, 31, 0x21) == nullptr);
  std::ofstream("camera.request").close();
  board.Poll();
  CHECK(board.Find(2, 31, 0x21) != nullptr);
  board.PlugCamera(false);
  CHECK(board.Find(2, 31, 0x21) == nullptr);
}

TEST_CASE_FIXTURE(BoardTest, "the camera's lines follow its divider, and its bars have the wires that are asked for") {
  std::ofstream("camera.request").close();
  Ov7675Chip camera(system, Ov7675Chip::Wires::kSwapped);
  camera.Poll();
  camera.SetClock(4);
  const auto set = [&camera](uint8_t address, uint8_t value) {
    camera.Begin();
    camera.Take(address);
    camera.Take(value);
  };
  set(0x11, 3);  // divider 4: 16 cycles a clock
  set(0x71, 0x35 | 0x80);
  CHECK(camera.At(clock.cycles()).vsync);
  const uint64_t first_row = camera.NextEdge(true);
  CHECK(first_row == 3 * 1568 * 16);
  clock.AdvanceTo(first_row);
  CHECK_FALSE(camera.At(clock.cycles()).vsync);
  clock.AdvanceTo(camera.NextEdge(true));
  CHECK(camera.At(clock.cycles()).href);
  CHECK(camera.Data() == 0xff);
  clock.Advance(4 * 16);
  CHECK(camera.Data() == 0x80);          // chroma: no bit of D0 and D1
  clock.Advance(4 * 16 * (2 * 20 - 1));  // the second bar
  CHECK(camera.Data() == ((219 & 0xfc) | 3));
  CHECK(camera.NextEdge(false) - clock.cycles() == 2 * 16);
}

struct Nobody final : I2cBus {
  I2cDevice* Find(uint32_t, uint32_t, uint8_t) override { return nullptr; }
};

TEST_CASE("nobody at an address of I2C is an error, and the bus stops when it is asked to") {
  Chip chip;
  Nobody nobody;
  Twim twim(chip.system, "TWIM0", 0x40003000, nobody);
  twim.Write(0x500, 6);
  twim.Write(0x544, kRamBegin);
  twim.Write(0x548, 1);
  twim.Write(0x008, 1);
  chip.Run(twim, 100);
  CHECK(twim.Read(0x124) == 1);
  CHECK(twim.Read(0x4c4) == 2);
  twim.Write(0x014, 1);
  chip.Run(twim, 100);
  CHECK(twim.Read(0x104) == 1);
  CHECK(chip.log.n_defects() == 0);
  twim.Write(0x524, 0x06400000);
  CHECK(chip.log.n_defects() == 1);  // erratum 219
}

}  // namespace
}  // namespace tinyhost::emulator
