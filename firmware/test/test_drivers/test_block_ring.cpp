#include <doctest/doctest.h>

#include <random>
#include <vector>

#ifdef __unix__
#include <atomic>
#include <thread>
#endif

#include "drivers/block_ring.h"
#include "drivers/settling.h"

namespace tinyhost {
namespace {

constexpr size_t kBlockSamples = 8;
constexpr size_t kBlocks = 6;
constexpr uint32_t kBlockUs = 16'000;

/// The sample that a microphone gives at a position: any two near each other differ.
int16_t SampleAt(uint64_t position) { return static_cast<int16_t>(position * 40503u % 65521u); }

/// EasyDMA as the product specification has it: the place of the next block is taken over when a block begins, and
/// stays the same until it is written anew.
struct Microphone {
  BlockRing* ring;
  int16_t* now;
  int16_t* next;
  uint64_t position = 0;

  explicit Microphone(BlockRing* r) : ring(r), now(r->Block(0)), next(r->Block(1)) {}

  /// Gives samples; returns how many blocks have ended since the start.
  uint32_t Give(uint64_t n_samples) {
    for (uint64_t i = 0; i < n_samples; ++i) {
      now[position % kBlockSamples] = SampleAt(position);
      if (++position % kBlockSamples == 0) now = next;
    }
    return static_cast<uint32_t>(position / kBlockSamples);
  }
  void Handle(uint32_t n_ended) {
    if (n_ended == ring->n_ended()) return;
    ring->OnEnded(n_ended);
    next = ring->Block(n_ended + 1);
  }
};

struct Reader {
  BlockRing* ring;
  uint64_t n_read = 0;
  uint64_t n_wrong = 0;

  void Read(size_t max) {
    std::vector<int16_t> samples(max);
    const size_t n = ring->Read(samples.data(), max);
    const uint64_t position = ring->position() - n;
    for (size_t i = 0; i < n; ++i) n_wrong += samples[i] != SampleAt(position + i);
    n_read += n;
  }
};

TEST_CASE("ring gives every sample once to a reader that is in time") {
  std::vector<int16_t> storage(kBlocks * kBlockSamples);
  BlockRing ring(storage.data(), kBlockSamples, kBlocks);
  ring.Start();
  Microphone microphone(&ring);
  Reader reader{&ring};
  for (int i = 0; i < 1000; ++i) {
    microphone.Handle(microphone.Give(kBlockSamples));
    CHECK(ring.n_waiting() == kBlockSamples);
    reader.Read(3);
    CHECK(ring.n_waiting() == kBlockSamples - 3);
    reader.Read(100);
  }
  CHECK(reader.n_read == 1000 * kBlockSamples);
  CHECK(reader.n_wrong == 0);
  CHECK(ring.lost() == 0);
}

TEST_CASE("ring keeps all blocks but the two being filled; what a late reader loses is counted in positions") {
  std::vector<int16_t> storage(kBlocks * kBlockSamples);
  BlockRing ring(storage.data(), kBlockSamples, kBlocks);
  ring.Start();
  Microphone microphone(&ring);
  Reader reader{&ring};
  for (int i = 0; i < 11; ++i) microphone.Handle(microphone.Give(kBlockSamples));
  reader.Read(1);
  CHECK(ring.lost() == (11 - 4) * kBlockSamples);
  CHECK(ring.position() == (11 - 4) * kBlockSamples + 1);
  reader.Read(1000);
  CHECK(reader.n_read == 4 * kBlockSamples);
  CHECK(reader.n_wrong == 0);
}

TEST_CASE("ring survives an interrupt handler that comes blocks too late") {
  std::vector<int16_t> storage(kBlocks * kBlockSamples);
  BlockRing ring(storage.data(), kBlockSamples, kBlocks);
  ring.Start();
  Microphone microphone(&ring);
  Reader reader{&ring};
  microphone.Handle(microphone.Give(kBlockSamples));
  microphone.Handle(microphone.Give(3 * kBlockSamples));  // blocks 1 to 3 ended; block 4 goes where block 2 belongs
  reader.Read(1000);
  CHECK(reader.n_read == 0);
  CHECK(ring.lost() == 5 * kBlockSamples);
  microphone.Handle(microphone.Give(kBlockSamples));
  reader.Read(1000);
  CHECK(reader.n_read == 0);  // block 4 is lost
  microphone.Handle(microphone.Give(kBlockSamples));
  reader.Read(1000);
  CHECK(reader.n_read == kBlockSamples);
  CHECK(reader.n_wrong == 0);
  CHECK(ring.lost() + reader.n_read == microphone.position);
}

TEST_CASE("ring gives no wrong sample and loses none uncounted, however late handler and reader are") {
  for (uint32_t seed = 0; seed < 300; ++seed) {
    std::mt19937 random(seed);
    std::vector<int16_t> storage(kBlocks * kBlockSamples);
    BlockRing ring(storage.data(), kBlockSamples, kBlocks);
    ring.Start();
    Microphone microphone(&ring);
    Reader reader{&ring};
    const uint32_t laziness = 1 + seed % 40;
    for (int i = 0; i < 2000; ++i) {
      const uint32_t n_ended = microphone.Give(random() % (2 * kBlockSamples));
      if (random() % laziness == 0 || laziness < 20) microphone.Handle(n_ended);
      if (random() % laziness == 0) reader.Read(random() % 20);
    }
    microphone.Handle(microphone.Give(kBlockSamples));
    reader.Read(0);
    CHECK(reader.n_wrong == 0);
    CHECK(reader.n_read + ring.lost() == ring.position());
  }
}

#ifdef __unix__
TEST_CASE("a reader that the interrupt handler interrupts in the middle of a copy gives no wrong sample") {
  constexpr size_t kLargeBlock = 64;
  std::vector<int16_t> storage(kBlocks * kLargeBlock);
  BlockRing ring(storage.data(), kLargeBlock, kBlocks);
  ring.Start();
  std::atomic<bool> is_done{false};
  std::thread interrupts([&] {  // another core: it interrupts between any two instructions
    uint64_t position = 0;
    for (uint32_t n_ended = 0; n_ended < 200'000;) {
      // Relaxed atomics, as the peripheral's writes are no race for the language's sake.
      int16_t* block = ring.Block(n_ended);
      for (size_t i = 0; i < kLargeBlock; ++i) __atomic_store_n(&block[i], SampleAt(position++), __ATOMIC_RELAXED);
      std::atomic_thread_fence(std::memory_order_seq_cst);
      ring.OnEnded(++n_ended);
      if (n_ended % 64 == 0) std::this_thread::yield();
    }
    is_done = true;
  });
  uint64_t n_read = 0;
  uint64_t n_wrong = 0;
  int16_t samples[200];
  while (!is_done || ring.n_waiting() != 0) {
    const size_t n = ring.Read(samples, 200);
    const uint64_t position = ring.position() - n;
    for (size_t i = 0; i < n; ++i) n_wrong += samples[i] != SampleAt(position + i);
    n_read += n;
  }
  interrupts.join();
  CHECK(n_wrong == 0);
  CHECK(n_read + ring.lost() == 200'000 * kLargeBlock);
  CHECK(n_read > 0);
}
#endif

TEST_CASE("blocks are counted right by a handler that is early by a quarter of a block or late by any time") {
  for (uint32_t n = 1; n < 100; ++n) {
    uint32_t n_wrong = 0;
    for (int32_t late_us = -3999; late_us < 11'999; late_us += 7) {
      n_wrong += BlocksEnded(uint64_t{n} * kBlockUs + late_us, kBlockUs, n - 1) != n;
    }
    CHECK(n_wrong == 0);
    CHECK(BlocksEnded(uint64_t{n + 5} * kBlockUs + 100, kBlockUs, n - 1) == n + 5);
  }
  CHECK(BlocksEnded(3'000'000'000ull * 16'000, kBlockUs, 2'999'999'999u) == 3'000'000'000u);
}

size_t SamplesUntilSettled(int16_t (*sample)(size_t index)) {
  Settling settling;
  settling.Start();
  for (size_t n = 0;; n += 100) {
    int16_t samples[100];
    for (size_t i = 0; i < 100; ++i) samples[i] = sample(n + i);
    const size_t n_discarded = settling.Discard(samples, 100);
    if (settling.is_settled()) return n + n_discarded;
    REQUIRE(n_discarded == 100);
    REQUIRE(n < 1'000'000);
  }
}

TEST_CASE("a steady microphone has settled after the shortest time; one that drifts for ever after 3.5 s") {
  CHECK(SamplesUntilSettled([](size_t) { return int16_t{-900}; }) == Settling::kMinSpans * Settling::kSpanSamples);
  CHECK(SamplesUntilSettled([](size_t i) { return static_cast<int16_t>(i % 2 == 0 ? 20000 : -20000); }) ==
        Settling::kMinSpans * Settling::kSpanSamples);
  const size_t longest = SamplesUntilSettled([](size_t i) { return static_cast<int16_t>(i / 2 % 30000); });
  CHECK(longest == Settling::kMaxSpans * Settling::kSpanSamples);
  CHECK(longest * 10 / 16'000 == 35);
}

TEST_CASE("an offset that decays is waited for") {
  const size_t n = SamplesUntilSettled([](size_t i) { return static_cast<int16_t>(i < 20'000 ? 20'000 - i : 0); });
  CHECK(n > 20'000);
  CHECK(n <= 20'000 + 3 * Settling::kSpanSamples);
}

}  // namespace
}  // namespace tinyhost
