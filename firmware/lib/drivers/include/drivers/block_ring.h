#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace tinyhost {

/// Samples that a peripheral writes into memory on its own, block after block, while a reader takes them.
///
/// The peripheral knows two addresses: of the block that it fills, and of the next one. An interrupt handler gives it
/// the one after that, block by block. If the handler is late (interrupts were off, or the core stood still while flash
/// was erased), blocks are overwritten: everything not read by then is lost, and counted.
class BlockRing {
 public:
  /// `storage` has room for n_blocks blocks of block_samples each; n_blocks >= 4.
  constexpr BlockRing(int16_t* storage, size_t block_samples, size_t n_blocks)
      : storage_(storage), block_samples_(block_samples), n_blocks_(n_blocks) {}

  /// Forgets everything: the peripheral will fill Block(0) first, then Block(1). Call it only while the peripheral is
  /// stopped.
  void Start();

  /// The address of block `number`, counted from the start.
  int16_t* Block(uint32_t number) const { return storage_ + number % n_blocks_ * block_samples_; }

  /// For the interrupt handler: `n_ended` blocks were written since the start. The peripheral must write into
  /// Block(n_ended + 1) after the block that it fills now.
  void OnEnded(uint32_t n_ended);

  uint32_t n_ended() const { return n_ended_.load(std::memory_order_acquire); }

  /// For the reader, which the interrupt handler may interrupt anywhere: copies up to `max` consecutive samples and
  /// returns how many. Then position() is that of the sample after them, and lost() counts since the start, in
  /// positions.
  size_t Read(int16_t* samples, size_t max);
  uint64_t position() const { return position_; }
  uint64_t lost() const { return lost_; }
  /// Samples that can be read now.
  size_t n_waiting() const;

 private:
  uint64_t Oldest(uint32_t n_ended, uint32_t valid_from) const;

  int16_t* storage_;
  size_t block_samples_;
  size_t n_blocks_;
  std::atomic<uint32_t> n_ended_{0};
  std::atomic<uint32_t> valid_from_{0};  // blocks before this one were written to the wrong place
  uint64_t position_ = 0;
  uint64_t lost_ = 0;
};

/// How many blocks of `block_us` have ended `elapsed_us` after the first began, for the handler of the end of block
/// `n_known`: at least n_known + 1, and more if it is late. The result is right for handlers up to a quarter of a block
/// early or three quarters late; the block clock and the microsecond clock must come from the same oscillator.
uint32_t BlocksEnded(uint64_t elapsed_us, uint32_t block_us, uint32_t n_known);

}  // namespace tinyhost
