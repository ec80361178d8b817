#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace tinyhost {

/// Samples that a peripheral writes into memory by itself, block after block, while a reader takes them.
///
/// The peripheral knows two places: the block that it fills, and the next one. An interrupt handler gives it the one
/// after that, block by block. A handler that comes too late (interrupts were off, or the core stood still while flash
/// was erased) finds blocks written over: all that was not read by then is lost, and counted.
class BlockRing {
 public:
  /// `storage` has room for n_blocks blocks of block_samples; n_blocks >= 4.
  constexpr BlockRing(int16_t* storage, size_t block_samples, size_t n_blocks)
      : storage_(storage), block_samples_(block_samples), n_blocks_(n_blocks) {}

  /// Forgets everything: the peripheral is to fill Block(0) first, then Block(1). Only while the peripheral is stopped.
  void Start();

  /// Where block `number` since the start belongs.
  int16_t* Block(uint32_t number) const { return storage_ + number % n_blocks_ * block_samples_; }

  /// For the interrupt handler: `n_ended` blocks were written since the start. The peripheral is to write into
  /// Block(n_ended + 1) after the block that it fills now.
  void OnEnded(uint32_t n_ended);

  uint32_t n_ended() const { return n_ended_.load(std::memory_order_acquire); }

  /// For the reader, which the interrupt handler may interrupt anywhere: copies up to `max` samples in a row and
  /// returns how many. position(): of the sample after them; lost(): since the start, counted in positions.
  size_t Read(int16_t* samples, size_t max);
  uint64_t position() const { return position_; }
  uint64_t lost() const { return lost_; }
  /// Samples that can be read at once.
  size_t n_waiting() const;

 private:
  uint64_t Oldest(uint32_t n_ended, uint32_t valid_from) const;

  int16_t* storage_;
  size_t block_samples_;
  size_t n_blocks_;
  std::atomic<uint32_t> n_ended_{0};
  std::atomic<uint32_t> valid_from_{0};  // blocks before this one were not put where they belong
  uint64_t position_ = 0;
  uint64_t lost_ = 0;
};

/// How many blocks of `block_us` have ended `elapsed_us` after the first began, as the handler of the end of block
/// `n_known` has to find out: at least n_known + 1, and more if it comes late. Handlers up to a quarter of a block
/// early or three quarters late count right; the block clock and the microsecond clock must run from one oscillator.
uint32_t BlocksEnded(uint64_t elapsed_us, uint32_t block_us, uint32_t n_known);

}  // namespace tinyhost
