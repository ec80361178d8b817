#pragma once

#include <array>
#include <random>

#include "emulator/cpu/processor.h"
#include "emulator/peripherals/peripheral.h"

namespace tinyhost::emulator {

/// NVMC: product specification, 4.3. Each change is written to the flash's file at once. Power can be cut between
/// changes, or within one, which is then half done: any of the bits that were to change may have changed.
class FlashController final : public Peripheral, public FlashWriter {
 public:
  FlashController(System system, uint32_t seed);

  void StoreFromProcessor(uint32_t address, uint32_t n_bytes, uint32_t value) override;
  void Reset() override;

  /// For a loader that runs in place of a program: write a word, erase a page. Both return how long it takes.
  uint64_t WriteWord(uint32_t address, uint32_t value);
  uint64_t ErasePage(uint32_t address);

  enum class Change : uint8_t { kWrite, kErase };
  /// Cuts the power at the `n`th word write or page erase from now on, 1 being the next, before it or within it. A
  /// piece of a page's erase counts as an erase. `seed` decides which bits an interrupted change has changed.
  void CutAt(Change change, uint64_t n, bool is_inside, uint32_t seed = 0);
  void CutNowhere() { cut_ = {}; }
  /// Called when a store has changed code that was translated.
  void SetCodeListener(std::function<void(uint32_t address, uint32_t n)> listener) { on_code_ = std::move(listener); }

  uint64_t n_words() const { return n_words_; }
  uint64_t n_erases() const { return n_erases_; }
  /// Pages that were erased at once, and pieces of erases.
  uint64_t n_erase_commands() const { return n_erase_commands_; }

  static constexpr uint64_t kWriteUs = 41;
  static constexpr uint64_t kEraseUs = 85'000;

 private:
  struct Cut {
    bool is_set = false;
    Change change = Change::kWrite;
    uint64_t n_left = 0;
    bool is_inside = false;
  };

  void OnWrite(uint32_t offset, uint32_t value) override;
  uint32_t OnRead(uint32_t offset) override;
  uint8_t* WordAt(uint32_t address);
  void Program(uint32_t address, uint32_t value);
  void Erase(uint32_t address);
  void ErasePartially(uint32_t address);
  void EraseAll();
  /// Whether the power is cut at this change; `is_half_done` then tells whether the change has begun.
  bool IsCut(Change change, bool* is_half_done);
  void HalfErase(uint32_t address, double share);
  void Stall(uint64_t us);
  bool MayErase(uint32_t address);

  std::minstd_rand random_;
  std::array<uint8_t, kFlashBytes / 4> n_writes_ = {};
  std::array<uint32_t, kFlashBytes / kFlashPageBytes> partial_us_ = {};
  Cut cut_;
  std::function<void(uint32_t, uint32_t)> on_code_;
  uint64_t n_words_ = 0;
  uint64_t n_erases_ = 0;
  uint64_t n_erase_commands_ = 0;
};

}  // namespace tinyhost::emulator
