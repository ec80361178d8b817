#include <algorithm>

#include "emulator/peripherals/flash_controller.h"
#include "emulator/test/chip.h"

namespace tinyhost::emulator {
namespace {

constexpr uint32_t kReady = 0x400, kConfig = 0x504, kErase = 0x508, kErasePartial = 0x518, kPartialConfig = 0x51c;
constexpr uint32_t kPage = 0x40000;

struct Nvmc : Chip {
  FlashController controller{system, 1};

  uint32_t Word(uint32_t address) { return LoadWord(memory.flash() + address); }
  void WriteWord(uint32_t address, uint32_t value) {
    controller.Write(kConfig, 1);
    controller.StoreFromProcessor(address, 4, value);
  }
  bool IsErased(uint32_t page) {
    return std::all_of(memory.flash() + page, memory.flash() + page + kFlashPageBytes,
                       [](uint8_t byte) { return byte == 0xff; });
  }
};

TEST_CASE_FIXTURE(Nvmc, "a word is written within 41 us, in which the controller is not ready") {
  WriteWord(kPage, 0x12345678);
  CHECK(Word(kPage) == 0x12345678);
  CHECK(controller.Read(kReady) == 0);
  clock.Advance(42 * Clock::kCyclesPerUs);
  CHECK(controller.Read(kReady) == 1);
  CHECK(log.n_defects() == 0);
}

TEST_CASE_FIXTURE(Nvmc, "a store without WEN changes nothing and is a defect") {
  controller.StoreFromProcessor(kPage, 4, 0);
  CHECK(Word(kPage) == 0xffffffff);
  CHECK(log.n_defects() == 1);
}

TEST_CASE_FIXTURE(Nvmc, "a word takes two writes between erases, and the third is a defect") {
  WriteWord(kPage, 0xffff0000);
  WriteWord(kPage, 0x0fff0000);
  CHECK(log.n_defects() == 0);
  WriteWord(kPage, 0x00000000);
  CHECK(log.n_defects() == 1);
  controller.Write(kConfig, 2);
  controller.Write(kErase, kPage);
  WriteWord(kPage, 1);
  CHECK(log.n_defects() == 1);
}

TEST_CASE_FIXTURE(Nvmc, "a write clears bits and sets none; asking for that is a defect") {
  WriteWord(kPage, 0x0000ffff);
  WriteWord(kPage, 0xff00ff00);
  CHECK(Word(kPage) == 0x0000ff00);
  CHECK(log.n_defects() == 1);
}

TEST_CASE_FIXTURE(Nvmc, "bytes and addresses between words are defects") {
  controller.Write(kConfig, 1);
  controller.StoreFromProcessor(kPage, 1, 0);
  controller.StoreFromProcessor(kPage + 2, 4, 0);
  CHECK(log.n_defects() == 2);
  CHECK(Word(kPage) == 0xffffffff);
}

TEST_CASE_FIXTURE(Nvmc, "a page is erased with EEN alone, and takes 85 ms") {
  WriteWord(kPage, 0);
  controller.Write(kErase, kPage);
  CHECK(log.n_defects() == 1);
  CHECK(Word(kPage) == 0);
  controller.Write(kConfig, 2);
  const uint64_t begin = clock.cycles();
  controller.Write(kErase, kPage);
  CHECK(IsErased(kPage));
  CHECK(execution.stalled_until - begin >= 85 * Clock::kCyclesPerMs);
  controller.Write(kErase, kPage + 4);
  CHECK(log.n_defects() == 2);
}

TEST_CASE_FIXTURE(Nvmc, "partial erases add up to a whole one") {
  for (uint32_t i = 0; i < kFlashPageBytes; i += 4) WriteWord(kPage + i, 0);
  controller.Write(kConfig, 2);
  controller.Write(kPartialConfig, 10);
  for (int i = 0; i < 8; ++i) {
    controller.Write(kErasePartial, kPage);
    CHECK_FALSE(IsErased(kPage));
  }
  controller.Write(kErasePartial, kPage);
  CHECK(IsErased(kPage));
}

TEST_CASE_FIXTURE(Nvmc, "a power cut before a write leaves the word as it was, and nothing is written after it") {
  controller.CutAt(FlashController::Change::kWrite, 2, false);
  WriteWord(kPage, 0x11111111);
  CHECK_FALSE(execution.is_power_cut);
  WriteWord(kPage + 4, 0x22222222);
  CHECK(execution.is_power_cut);
  WriteWord(kPage + 8, 0x33333333);
  CHECK(Word(kPage) == 0x11111111);
  CHECK(Word(kPage + 4) == 0xffffffff);
  CHECK(Word(kPage + 8) == 0xffffffff);
}

TEST_CASE_FIXTURE(Nvmc, "a power cut within a write clears some of the bits that it was to clear") {
  controller.CutAt(FlashController::Change::kWrite, 1, true);
  WriteWord(kPage, 0x0000ffff);
  CHECK((Word(kPage) & 0x0000ffff) == 0x0000ffff);
  CHECK(Word(kPage) != 0x0000ffff);
  CHECK(Word(kPage) != 0xffffffff);
}

TEST_CASE_FIXTURE(Nvmc, "a power cut within an erase leaves a page that is neither old nor erased") {
  for (uint32_t i = 0; i < kFlashPageBytes; i += 4) WriteWord(kPage + i, 0);
  controller.CutAt(FlashController::Change::kErase, 1, true);
  controller.Write(kConfig, 2);
  controller.Write(kErase, kPage);
  CHECK(execution.is_power_cut);
  CHECK_FALSE(IsErased(kPage));
  CHECK(std::any_of(memory.flash() + kPage, memory.flash() + kPage + kFlashPageBytes,
                    [](uint8_t byte) { return byte != 0; }));
}

}  // namespace
}  // namespace tinyhost::emulator
