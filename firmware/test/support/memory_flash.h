#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <random>
#include <vector>

#include "hal/flash.h"

namespace tinyhost {

/// hal/flash.h in memory, with the NVM's rules and a power supply that can be cut.
///
/// Each page erase and each word write is one operation. CutAfter(n) lets n operations happen; what a torn one leaves
/// depends on `Tear`. From then on nothing changes any more, until PowerOn().
class MemoryFlash {
 public:
  enum class Tear : uint8_t {
    kNothing,  // the operation did not happen
    kGarbage,  // a torn erase leaves random bytes; a torn write leaves a word with some of its bits cleared
    kPartly,   // a torn erase leaves each word as it was or erased; a torn write does nothing
  };

  explicit MemoryFlash(size_t n_pages) : words_((n_pages * hal::kFlashPageBytes) / 16), random_(1) { Fill(0xFF); }

  size_t size() const { return words_.size() * sizeof(Block); }
  uint8_t* data() { return words_.data()->bytes; }
  void Fill(uint8_t value) { std::memset(data(), value, size()); }

  void PowerOn() {
    is_powered_ = true;
    n_left_ = SIZE_MAX;
  }
  void CutAfter(size_t n_operations, Tear tear) {
    PowerOn();
    n_left_ = n_operations;
    tear_ = tear;
  }
  bool is_powered() const { return is_powered_; }
  size_t n_operations() const { return n_operations_; }
  /// Writes to words that were not erased: a bug of the caller.
  size_t n_rewrites() const { return n_rewrites_; }
  /// With power on: `n_calls` erases or writes succeed, the next one fails and leaves garbage.
  void FailAfter(size_t n_calls) { n_until_failure_ = n_calls; }
  void Reseed(uint32_t seed) { random_.seed(seed); }

  Status ErasePage(size_t offset) {
    if (offset % hal::kFlashPageBytes != 0 || offset >= size()) return Status::kBadArgument;
    uint8_t* page = data() + offset;
    if (Fails()) {
      tear_ = Tear::kGarbage;
      TearErase(page);
      return Status::kFlashErase;
    }
    if (!Spend()) {
      if (is_torn_) TearErase(page);
      return Status::kFlashErase;
    }
    std::memset(page, 0xFF, hal::kFlashPageBytes);
    return Status::kOk;
  }

  Status Write(size_t offset, const uint8_t* bytes, size_t n) {
    constexpr size_t kWord = hal::kFlashWordBytes;
    if (offset % kWord != 0 || n % kWord != 0 || offset > size() || n > size() - offset) return Status::kBadArgument;
    const bool fails = Fails();
    for (size_t i = 0; i < n; i += kWord) {
      uint32_t word;
      uint32_t old;
      std::memcpy(&word, bytes + i, kWord);
      std::memcpy(&old, data() + offset + i, kWord);
      if (is_powered_ && old != UINT32_MAX) ++n_rewrites_;
      if (fails) {
        old &= word | random_();
        std::memcpy(data() + offset + i, &old, kWord);
        return Status::kFlashWrite;
      }
      if (!Spend()) {
        const uint32_t torn = old & (word | random_());
        if (is_torn_ && tear_ == Tear::kGarbage) std::memcpy(data() + offset + i, &torn, kWord);
        return Status::kFlashWrite;
      }
      old &= word;  // a write only clears bits
      std::memcpy(data() + offset + i, &old, kWord);
      if (old != word) return Status::kFlashWrite;
    }
    return Status::kOk;
  }

 private:
  struct alignas(16) Block {
    uint8_t bytes[16];
  };

  bool Fails() {
    if (n_until_failure_ == SIZE_MAX) return false;
    return n_until_failure_-- == 0;  // wraps to SIZE_MAX: one failure only
  }

  /// Counts one operation; false if the power is gone. `is_torn_` tells whether it went in this very operation.
  bool Spend() {
    is_torn_ = is_powered_ && n_left_ == 0;
    if (n_left_ == 0) is_powered_ = false;
    if (!is_powered_) return false;
    --n_left_;
    ++n_operations_;
    return true;
  }

  void TearErase(uint8_t* page) {
    for (size_t i = 0; i < hal::kFlashPageBytes && tear_ != Tear::kNothing; i += hal::kFlashWordBytes) {
      const uint32_t random = random_();
      if (tear_ == Tear::kGarbage) std::memcpy(page + i, &random, sizeof(random));
      if (tear_ == Tear::kPartly && (random & 1) != 0) std::memset(page + i, 0xFF, sizeof(random));
    }
  }

  std::vector<Block> words_;
  std::mt19937 random_;
  bool is_powered_ = true;
  bool is_torn_ = false;
  Tear tear_ = Tear::kNothing;
  size_t n_left_ = SIZE_MAX;
  size_t n_until_failure_ = SIZE_MAX;
  size_t n_operations_ = 0;
  size_t n_rewrites_ = 0;
};

/// The flash that hal/flash.h shows; a test puts its own there.
inline MemoryFlash*& TheFlash() {
  static MemoryFlash* flash = nullptr;
  return flash;
}

}  // namespace tinyhost
