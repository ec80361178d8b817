#pragma once

// Features that compilers name differently: GCC and Clang on boards, Linux and macOS, clang-cl and MSVC on Windows.
// Apart from the Armv7E-M instructions, no other file of the portable libraries uses a compiler's extensions.

#include <cstdint>

#if defined(_MSC_VER) && !defined(__clang__)
#include <intrin.h>
#define TINYHOST_INLINE __forceinline
#define TINYHOST_NOINLINE __declspec(noinline)
#define TINYHOST_COLD __declspec(noinline)
#define TINYHOST_HOT __declspec(noinline)
#define TINYHOST_PRINTF(position, first)
#else
/// Inlined regardless of the compiler's heuristics.
#define TINYHOST_INLINE __attribute__((always_inline)) inline
#define TINYHOST_NOINLINE __attribute__((noinline))
/// For code that runs once per model or per operator, not per element: small rather than fast.
#define TINYHOST_COLD __attribute__((cold, noinline))
/// For functions that only cold functions call, without being cold themselves.
#define TINYHOST_HOT __attribute__((hot, noinline))
/// The argument at this position is a printf format for those from `first` on; `this` counts as one.
#define TINYHOST_PRINTF(position, first) __attribute__((format(printf, position, first)))
#endif

namespace tinyhost {

#if defined(_MSC_VER) && !defined(__clang__)

inline int CountLeadingZeros64(uint64_t x) {
  unsigned long highest;
  _BitScanReverse64(&highest, x);
  return 63 - static_cast<int>(highest);
}

inline int CountLeadingZeros(uint32_t x) { return CountLeadingZeros64(x) - 32; }

inline int CountRedundantSignBits(int32_t x) {
  const uint32_t differing = static_cast<uint32_t>(x < 0 ? ~x : x);
  return differing == 0 ? 31 : CountLeadingZeros(differing) - 1;
}

#else

/// Number of zero bits above the highest one; x is not 0.
TINYHOST_INLINE int CountLeadingZeros64(uint64_t x) { return __builtin_clzll(x); }
TINYHOST_INLINE int CountLeadingZeros(uint32_t x) { return __builtin_clz(x); }
/// Number of bits below the sign that are equal to it.
TINYHOST_INLINE int CountRedundantSignBits(int32_t x) { return __builtin_clrsb(x); }

#endif

}  // namespace tinyhost
