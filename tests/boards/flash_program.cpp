// Exercises firmware/boards/virtual/flash.cpp as it is on native; prints one line per check that fails.
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "boards/virtual/flash.h"
#include "hal/flash.h"

using tinyhost::Status;
namespace hal = tinyhost::hal;

#define EXPECT(condition) \
  if (!(condition)) std::printf("line %d: %s\n", __LINE__, #condition)

namespace {

void FillTwoWords() {
  uint8_t words[8] = {1, 2, 3, 4, 5, 6, 7, 8};
  EXPECT(hal::FlashErasePage(4096) == Status::kOk);
  EXPECT(hal::FlashWrite(4096, words, 8) == Status::kOk);
  EXPECT(std::memcmp(hal::FlashData() + 4096, words, 8) == 0);
}

void CheckBounds() {
  uint8_t word[4] = {};
  const size_t end = hal::FlashBytes();
  EXPECT(end == 688128);
  EXPECT(reinterpret_cast<uintptr_t>(hal::FlashData()) % 16 == 0);
  EXPECT(hal::FlashErasePage(1) == Status::kBadArgument);
  EXPECT(hal::FlashErasePage(end) == Status::kBadArgument);
  EXPECT(hal::FlashWrite(2, word, 4) == Status::kBadArgument);
  EXPECT(hal::FlashWrite(0, word, 3) == Status::kBadArgument);
  EXPECT(hal::FlashWrite(end, word, 4) == Status::kBadArgument);
  EXPECT(hal::FlashWrite(SIZE_MAX - 3, word, 4) == Status::kBadArgument);
}

void CheckWriteOnlyClears() {
  uint8_t ones[4] = {0xff, 0xff, 0xff, 0xff};
  EXPECT(hal::FlashWrite(4096, ones, 4) == Status::kFlashWrite);
  EXPECT(hal::FlashData()[4096] == 1);
}

}  // namespace

int main() {
  hal::FlashBegin();
  if (hal::FlashData()[4096] == 0xff) {
    CheckBounds();
    FillTwoWords();
    CheckWriteOnlyClears();
    std::fflush(stdout);
    std::abort();  // a power cut: what was written must be there the next time
  }
  EXPECT(hal::FlashData()[4096 + 7] == 8);
  EXPECT(hal::FlashData()[0] == 0xff);
}
