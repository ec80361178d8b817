#include "emulator/peripherals/flash_controller.h"

#include <algorithm>
#include <cstring>

namespace tinyhost::emulator {
namespace {

constexpr uint32_t kReady = 0x400, kReadyNext = 0x408, kConfig = 0x504, kErasePage = 0x508, kEraseAll = 0x50c;
constexpr uint32_t kEraseUicr = 0x514, kErasePartial = 0x518, kErasePartialConfig = 0x51c;
constexpr uint32_t kWriteEnabled = 1;
constexpr uint32_t kEraseEnabled = 2;
constexpr uint64_t kEraseAllUs = 169'000;

constexpr uint8_t kWritesOfWord = 2;  // between two erases: n_WRITE of 4.3.9

}  // namespace

FlashController::FlashController(System system, uint32_t seed)
    : Peripheral(system, "NVMC", 0x4001e000,
                 {{0x400, Access::kRead},
                  {0x408, Access::kRead},
                  {0x504, Access::kReadWrite},
                  {0x508, Access::kWrite},
                  {0x50c, Access::kWrite},
                  {0x510, Access::kWrite},
                  {0x514, Access::kWrite},
                  {0x518, Access::kWrite},
                  {0x51c, Access::kReadWrite, 1, 10},
                  {0x540, Access::kReadWrite},
                  {0x548, Access::kReadWrite, 2}}),
      random_(seed + 1) {}

void FlashController::Reset() {
  Peripheral::Reset();
  system_.execution.stalled_until = 0;
}

void FlashController::Stall(uint64_t us) {
  const uint64_t until = system_.clock.CyclesAt(system_.clock.TrueNs() + us * 1000);
  system_.execution.stalled_until = std::max(system_.execution.stalled_until, until);
}

uint8_t* FlashController::WordAt(uint32_t address) {
  if (address >= kUicrBegin && address < kUicrBegin + kInfoBytes) return system_.memory.uicr() + (address - kUicrBegin);
  return system_.memory.flash() + address;
}

void FlashController::StoreFromProcessor(uint32_t address, uint32_t n_bytes, uint32_t value) {
  if (system_.execution.is_power_cut) return;
  if ((at(kConfig) & 3) != kWriteEnabled) {
    return system_.log.Defect("flash 0x%05x: a store of 0x%08x without CONFIG.WEN", address, value);
  }
  if (n_bytes != 4 || address % 4 != 0) {
    return system_.log.Defect("flash 0x%05x: a store of %u bytes; the NVMC takes whole words (4.3.2)", address,
                              n_bytes);
  }
  const uint32_t old = LoadWord(WordAt(address));
  if ((value & ~old) != 0) {
    system_.log.Defect("flash 0x%05x: 0x%08x over 0x%08x would set bits; only an erase does", address, value, old);
  }
  Program(address, value);
}

void FlashController::Program(uint32_t address, uint32_t value) {
  uint8_t* word = WordAt(address);
  const uint32_t old = LoadWord(word);
  bool is_half_done = false;
  if (IsCut(Change::kWrite, &is_half_done)) {
    if (is_half_done) StoreWord(word, old & (value | static_cast<uint32_t>(random_() ^ random_() << 16)));
    return;
  }
  ++n_words_;
  if (address < kFlashBytes) {
    uint8_t& n = n_writes_[address / 4];
    if (n >= kWritesOfWord) {
      system_.log.Defect("flash 0x%05x: write %u of this word since its erase; %u are allowed", address, n + 1u,
                         kWritesOfWord);
    }
    if (n < UINT8_MAX) ++n;
  }
  StoreWord(word, old & value);
  if (on_code_ && address < kFlashBytes) on_code_(address, 4);
  Stall(kWriteUs);
}

uint64_t FlashController::WriteWord(uint32_t address, uint32_t value) {
  if (!system_.execution.is_power_cut) Program(address, value);
  system_.execution.stalled_until = 0;  // whoever calls this waits itself
  return kWriteUs;
}

uint64_t FlashController::ErasePage(uint32_t address) {
  if (!system_.execution.is_power_cut) Erase(address);
  system_.execution.stalled_until = 0;
  return kEraseUs;
}

bool FlashController::MayErase(uint32_t address) {
  if (system_.execution.is_power_cut) return false;
  if ((at(kConfig) & 3) != kEraseEnabled) {
    system_.log.Defect("erase of 0x%08x without CONFIG.EEN", address);
    return false;
  }
  if (address % kFlashPageBytes == 0 && address < kFlashBytes) return true;
  system_.log.Defect("erase of 0x%08x, where no page begins", address);
  return false;
}

void FlashController::Erase(uint32_t address) {
  bool is_half_done = false;
  if (IsCut(Change::kErase, &is_half_done)) {
    if (is_half_done) HalfErase(address, static_cast<double>(random_() % 1000) / 1000);
    return;
  }
  ++n_erases_;
  std::memset(system_.memory.flash() + address, 0xff, kFlashPageBytes);
  std::fill_n(n_writes_.begin() + address / 4, kFlashPageBytes / 4, uint8_t{0});
  partial_us_[address / kFlashPageBytes] = 0;
  if (on_code_) on_code_(address, kFlashPageBytes);
  if (system_.log.traces("flash")) system_.log.Say("page 0x%05x erased", address);
  Stall(kEraseUs);
}

/// A page is erased once its partial erases add up to the time of a whole one (4.3.6); until then its contents are
/// undefined.
void FlashController::ErasePartially(uint32_t address) {
  const uint32_t us = (at(kErasePartialConfig) & 0x7f) * 1000;
  uint32_t& done_us = partial_us_[address / kFlashPageBytes];
  if (done_us + us >= kEraseUs) {
    Erase(address);
    system_.execution.stalled_until = 0;
  } else {
    bool is_half_done = false;
    if (IsCut(Change::kErase, &is_half_done) && !is_half_done) return;
    HalfErase(address, static_cast<double>(us) / static_cast<double>(kEraseUs - done_us));
    done_us += us;
  }
  Stall(us);
}

void FlashController::EraseAll() {
  std::memset(system_.memory.flash(), 0xff, kFlashBytes);
  n_writes_.fill(0);
  if (on_code_) on_code_(0, kFlashBytes);
  Stall(kEraseAllUs);
}

/// Sets this share of the page's bits that are 0.
void FlashController::HalfErase(uint32_t address, double share) {
  uint8_t* page = system_.memory.flash() + address;
  std::bernoulli_distribution is_set(std::min(share, 1.0));
  for (uint32_t i = 0; i < kFlashPageBytes; ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      if ((page[i] >> bit & 1) == 0 && is_set(random_)) page[i] |= static_cast<uint8_t>(1 << bit);
    }
  }
  if (on_code_) on_code_(address, kFlashPageBytes);
}

void FlashController::CutAt(Change change, uint64_t n, bool is_inside, uint32_t seed) {
  cut_ = {true, change, n, is_inside};
  random_.seed(seed);
}

bool FlashController::IsCut(Change change, bool* is_half_done) {
  if (change == Change::kErase) ++n_erase_commands_;
  if (!cut_.is_set || cut_.change != change || --cut_.n_left != 0) return false;
  *is_half_done = cut_.is_inside;
  cut_ = {};
  system_.execution.is_power_cut = true;
  system_.log.Say("power is cut %s a %s", *is_half_done ? "within" : "before",
                  change == Change::kWrite ? "word write" : "page erase");
  return true;
}

void FlashController::OnWrite(uint32_t offset, uint32_t value) {
  switch (offset) {
    case kErasePage:
      if (MayErase(value)) Erase(value);
      return;
    case kErasePartial:
      if (MayErase(value)) ErasePartially(value);
      return;
    case kEraseAll:
      if (value == 1 && MayErase(0)) EraseAll();
      return;
    case kEraseUicr:
      if (value == 1 && MayErase(0)) std::memset(system_.memory.uicr(), 0xff, kInfoBytes);
      return;
    default:
      at(offset) = value;
  }
}

uint32_t FlashController::OnRead(uint32_t offset) {
  if (offset != kReady && offset != kReadyNext) return at(offset);
  return system_.clock.cycles() >= system_.execution.stalled_until ? 1 : 0;
}

}  // namespace tinyhost::emulator
