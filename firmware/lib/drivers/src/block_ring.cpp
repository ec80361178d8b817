#include "drivers/block_ring.h"

#include <algorithm>
#include <cstring>

namespace tinyhost {

void BlockRing::Start() {
  n_ended_.store(0);
  valid_from_.store(0);
  position_ = lost_ = 0;
}

void BlockRing::OnEnded(uint32_t n_ended) {
  // The handler is late by a block or more: the peripheral overwrites another block, which is lost, too.
  if (n_ended > this->n_ended() + 1) valid_from_.store(n_ended + 1, std::memory_order_release);
  n_ended_.store(n_ended, std::memory_order_release);
}

/// The first position that is still valid: two blocks are being filled, or may be by the time it is copied.
uint64_t BlockRing::Oldest(uint32_t n_ended, uint32_t valid_from) const {
  const uint32_t kept = static_cast<uint32_t>(n_blocks_ - 2);
  return uint64_t{std::max(valid_from, n_ended > kept ? n_ended - kept : 0)} * block_samples_;
}

size_t BlockRing::Read(int16_t* samples, size_t max) {
  for (;;) {
    const uint32_t n_ended = n_ended_.load(std::memory_order_acquire);
    const uint64_t oldest = Oldest(n_ended, valid_from_.load(std::memory_order_acquire));
    if (position_ < oldest) {
      lost_ += oldest - position_;
      position_ = oldest;
    }
    const uint64_t end = uint64_t{n_ended} * block_samples_;
    const size_t n = end <= position_ ? 0 : static_cast<size_t>(std::min<uint64_t>(max, end - position_));
    if (n == 0) return 0;
    const size_t first = static_cast<size_t>(position_ % (n_blocks_ * block_samples_));
    const size_t n_before_wrap = std::min(n, n_blocks_ * block_samples_ - first);
    std::memcpy(samples, storage_ + first, n_before_wrap * sizeof(int16_t));
    std::memcpy(samples + n_before_wrap, storage_, (n - n_before_wrap) * sizeof(int16_t));
    std::atomic_thread_fence(std::memory_order_seq_cst);  // the copy is finished before it is checked
    const uint32_t valid_from = valid_from_.load(std::memory_order_acquire);
    if (position_ < Oldest(n_ended_.load(std::memory_order_acquire), valid_from)) continue;  // was overwritten
    position_ += n;
    return n;
  }
}

size_t BlockRing::n_waiting() const {
  const uint64_t end = uint64_t{n_ended()} * block_samples_;
  return end <= position_ ? 0 : static_cast<size_t>(end - position_);
}

uint32_t BlocksEnded(uint64_t elapsed_us, uint32_t block_us, uint32_t n_known) {
  const auto n_by_clock = static_cast<uint32_t>((elapsed_us + block_us / 4) / block_us);
  return std::max(n_by_clock, n_known + 1);
}

}  // namespace tinyhost
