// Fuzzes the model-image loader: Load() on any bytes, and Invoke() if it accepts them and they are cheap to run.
//
// The length and the checksum are corrected before loading, so that mutations get past them; the checks themselves have
// unit tests. Memory behind the image and behind the arena is poisoned, so that access one byte too far is found.
// Seeds: python -m tests.oracle.write_fuzz_corpus DIRECTORY.

#include <sanitizer/asan_interface.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "core/crc32.h"
#include "engine/engine.h"

extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t max_size);

namespace {

using tinyhost::ImageHeader;

constexpr size_t kMaxImageBytes = 1 << 13;
constexpr size_t kArenaBytes = 1 << 14;
constexpr uint64_t kMaxWork = 4000;  // elementary steps: some microseconds

alignas(16) uint8_t g_image[kMaxImageBytes + 16];
alignas(16) uint8_t g_arena[kArenaBytes + 16];

void FixHeader(size_t size) {
  auto* header = reinterpret_cast<ImageHeader*>(g_image);
  constexpr size_t kStart = offsetof(ImageHeader, crc32) + sizeof(header->crc32);
  header->total_bytes = static_cast<uint32_t>(size);
  header->crc32 = tinyhost::Crc32(g_image + kStart, size - kStart);
}

void LoadAndInvoke(size_t size, tinyhost::KernelSet kernels) {
  tinyhost::Engine engine(kernels);
  if (engine.Load(g_image, size, g_arena, kArenaBytes) != tinyhost::Status::kOk) {
    if (engine.loaded()) std::abort();
    return;
  }
  for (size_t i = 0; i <= engine.metadata().n_labels; ++i) (void)std::strlen(engine.label(i));
  if (engine.work() > kMaxWork) return;
  const size_t used = engine.metadata().arena_bytes;
  ASAN_POISON_MEMORY_REGION(g_arena + used, sizeof(g_arena) - used);
  const tinyhost::TensorView input = engine.input();
  for (size_t i = 0; i < input.n_bytes; ++i) static_cast<uint8_t*>(input.data)[i] = static_cast<uint8_t>(i * 37);
  for (int n = 0; n < 2; ++n) {  // a state is read, too
    if (engine.Invoke() != tinyhost::Status::kOk) std::abort();
  }
  engine.Reset();
  ASAN_UNPOISON_MEMORY_REGION(g_arena, sizeof(g_arena));
}

}  // namespace

/// Half of the time libFuzzer's own mutations; otherwise a word, half-word or byte of the image becomes an interesting
/// value.
extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size, unsigned int seed) {
  static constexpr uint32_t kValues[] = {0,         1,          2,        3,        4,          16,         127,
                                         128,       255,        256,      511,      512,        1023,       1024,
                                         4095,      4096,       32767,    32768,    65535,      65536,      0xFFFFFF,
                                         0x1000000, 0x3F800000, 1u << 30, 1u << 31, 0x7FFFFFFF, 0xFFFFFFFF, 0xFFFFFF80};
  if (size < 8 || seed % 2 == 0) return LLVMFuzzerMutate(data, size, max_size);
  uint32_t state = seed * 2654435761u + 12345u;
  const auto next = [&state](uint32_t bound) {
    state = state * 1664525u + 1013904223u;
    return (state >> 8) % bound;
  };
  for (uint32_t n = 1 + next(3); n > 0; --n) {
    const size_t width = size_t{1} << next(3);
    const size_t at = next(static_cast<uint32_t>(size - width)) / width * width;
    uint32_t value = kValues[next(sizeof(kValues) / sizeof(kValues[0]))];
    if (next(4) == 0) value = static_cast<uint32_t>(size) - next(64);
    std::memcpy(data + at, &value, width);
  }
  return size;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size > kMaxImageBytes) return 0;
  ASAN_UNPOISON_MEMORY_REGION(g_image, sizeof(g_image));
  std::memcpy(g_image, data, size);
  if (size >= sizeof(ImageHeader)) FixHeader(size);
  ASAN_POISON_MEMORY_REGION(g_image + size, sizeof(g_image) - size);
  LoadAndInvoke(size, tinyhost::PortableKernelFor);
  LoadAndInvoke(size, tinyhost::SimdKernelFor);
  return 0;
}
