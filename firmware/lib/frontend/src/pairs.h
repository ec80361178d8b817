#pragma once

// Pairs of int16 in a word: (low, high << 16), for a complex number (real, imaginary). These are the Armv7E-M
// instructions that work on them, and the same functions in C++ for other processors, so that every test runs the same
// algorithm.

#include <cstdint>
#include <cstring>

// Where the build optimizes for size, as Arduino's does, the stride is still compiled for speed.
#if defined(__OPTIMIZE_SIZE__) && defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("O2")
#endif

namespace tinyhost::pairs {

using Pair = uint32_t;

inline Pair Load(const int16_t* data) {
  Pair pair;
  std::memcpy(&pair, data, sizeof(pair));
  return pair;
}

inline void Store(int16_t* target, Pair pair) { std::memcpy(target, &pair, sizeof(pair)); }

constexpr Pair Make(int32_t low, int32_t high) {
  return (static_cast<uint32_t>(low) & 0xFFFF) | static_cast<uint32_t>(high) << 16;
}

#ifdef __ARM_FEATURE_SIMD32

#define TINYHOST_PAIR_BINARY(name, instruction)                         \
  inline Pair name(Pair a, Pair b) {                                    \
    Pair result;                                                        \
    __asm__(instruction " %0, %1, %2" : "=r"(result) : "r"(a), "r"(b)); \
    return result;                                                      \
  }
/// Sums and differences modulo 2^16; the halving ones are exact, rounded down.
TINYHOST_PAIR_BINARY(Add, "sadd16")
TINYHOST_PAIR_BINARY(Subtract, "ssub16")
TINYHOST_PAIR_BINARY(HalfOfSum, "shadd16")
TINYHOST_PAIR_BINARY(HalfOfDifference, "shsub16")
/// a + i * b and a - i * b.
TINYHOST_PAIR_BINARY(AddTurned, "sasx")
TINYHOST_PAIR_BINARY(SubtractTurned, "ssax")
/// a.low * b.low, a.high * b.high
TINYHOST_PAIR_BINARY(ProductLow, "smulbb")
TINYHOST_PAIR_BINARY(ProductHigh, "smultt")
/// The sum of both.
TINYHOST_PAIR_BINARY(SumOfProducts, "smuad")
#undef TINYHOST_PAIR_BINARY

#define TINYHOST_PAIR_TERNARY(name, instruction)                                    \
  inline uint32_t name(uint32_t a, uint32_t b, uint32_t c) {                        \
    uint32_t result;                                                                \
    __asm__(instruction " %0, %1, %2, %3" : "=r"(result) : "r"(a), "r"(b), "r"(c)); \
    return result;                                                                  \
  }
/// c + a.low * b.low; c + a.high * b.low
TINYHOST_PAIR_TERNARY(AddProductLow, "smlabb")
TINYHOST_PAIR_TERNARY(AddProductHigh, "smlatb")
/// c + (a * b.low >> 16), c + (a * b.high >> 16), with a of 32 bit
TINYHOST_PAIR_TERNARY(AddWideProductLow, "smlawb")
TINYHOST_PAIR_TERNARY(AddWideProductHigh, "smlawt")
/// c + a.low * b.low - a.high * b.high; c + a.low * b.high + a.high * b.low
TINYHOST_PAIR_TERNARY(AddProductReal, "smlsd")
TINYHOST_PAIR_TERNARY(AddProductImaginary, "smladx")
#undef TINYHOST_PAIR_TERNARY

/// (low >> Shift, top half of high)
template <int Shift>
inline Pair PackShiftedAndTop(uint32_t low, uint32_t high) {
  Pair result;
  __asm__("pkhtb %0, %1, %2, asr %3" : "=r"(result) : "r"(high), "r"(low), "I"(Shift));
  return result;
}

/// (low, high << Shift >> 16)
template <int Shift>
inline Pair PackAndShifted(uint32_t low, uint32_t high) {
  Pair result;
  __asm__("pkhbt %0, %1, %2, lsl %3" : "=r"(result) : "r"(low), "r"(high), "I"(Shift));
  return result;
}

/// Absolute values; that of -32768 is 0x8000.
inline Pair Absolute(Pair a) {
  Pair result;
  __asm__("ssub16 %0, %2, %1\n\tsel %0, %0, %1" : "=&r"(result) : "r"(a), "r"(0));
  return result;
}

#else

inline int32_t Low(Pair a) { return static_cast<int16_t>(a); }
inline int32_t High(Pair a) { return static_cast<int16_t>(a >> 16); }

inline Pair Add(Pair a, Pair b) { return Make(Low(a) + Low(b), High(a) + High(b)); }
inline Pair Subtract(Pair a, Pair b) { return Make(Low(a) - Low(b), High(a) - High(b)); }
inline Pair HalfOfSum(Pair a, Pair b) { return Make((Low(a) + Low(b)) >> 1, (High(a) + High(b)) >> 1); }
inline Pair HalfOfDifference(Pair a, Pair b) { return Make((Low(a) - Low(b)) >> 1, (High(a) - High(b)) >> 1); }
inline Pair AddTurned(Pair a, Pair b) { return Make(Low(a) - High(b), High(a) + Low(b)); }
inline Pair SubtractTurned(Pair a, Pair b) { return Make(Low(a) + High(b), High(a) - Low(b)); }
inline uint32_t ProductLow(Pair a, Pair b) { return static_cast<uint32_t>(Low(a) * Low(b)); }
inline uint32_t ProductHigh(Pair a, Pair b) { return static_cast<uint32_t>(High(a) * High(b)); }
inline uint32_t SumOfProducts(Pair a, Pair b) { return ProductLow(a, b) + ProductHigh(a, b); }
inline uint32_t AddProductLow(uint32_t a, uint32_t b, uint32_t c) { return c + static_cast<uint32_t>(Low(a) * Low(b)); }
inline uint32_t AddProductHigh(uint32_t a, uint32_t b, uint32_t c) {
  return c + static_cast<uint32_t>(High(a) * Low(b));
}
inline uint32_t WideProduct(uint32_t a, int32_t b) {
  return static_cast<uint32_t>((static_cast<int64_t>(static_cast<int32_t>(a)) * b) >> 16);
}
inline uint32_t AddWideProductLow(uint32_t a, uint32_t b, uint32_t c) { return c + WideProduct(a, Low(b)); }
inline uint32_t AddWideProductHigh(uint32_t a, uint32_t b, uint32_t c) { return c + WideProduct(a, High(b)); }
inline uint32_t AddProductReal(uint32_t a, uint32_t b, uint32_t c) { return c + ProductLow(a, b) - ProductHigh(a, b); }
inline uint32_t AddProductImaginary(uint32_t a, uint32_t b, uint32_t c) {
  return c + static_cast<uint32_t>(Low(a) * High(b)) + static_cast<uint32_t>(High(a) * Low(b));
}
template <int Shift>
inline Pair PackShiftedAndTop(uint32_t low, uint32_t high) {
  return Make(static_cast<int32_t>(low) >> Shift, static_cast<int32_t>(high >> 16));
}
template <int Shift>
inline Pair PackAndShifted(uint32_t low, uint32_t high) {
  return (low & 0xFFFF) | ((high << Shift) & 0xFFFF0000);
}
inline Pair Absolute(Pair a) { return Make(Low(a) < 0 ? -Low(a) : Low(a), High(a) < 0 ? -High(a) : High(a)); }

#endif

/// (a * b) of each half >> Shift
template <int Shift>
inline Pair ProductsShifted(Pair a, Pair b) {
  return PackShiftedAndTop<Shift>(ProductLow(a, b), ProductHigh(a, b) << (16 - Shift));
}

}  // namespace tinyhost::pairs
