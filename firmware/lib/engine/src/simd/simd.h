#pragma once

// The Armv7E-M instructions that the fast kernels consist of. For other processors the same functions are written in
// C++, so that tests run the fast kernels under a computer's sanitizers.

#include <cstdint>
#include <cstring>

#include "../kernels/hot.h"

#ifdef __ARM_FEATURE_SIMD32
// GCC's <arm_acle.h> has the SIMD and saturating functions since release 10. For older compilers, such as the real
// board's toolchain (7.2.1), the instructions are written here; their header does not compile as C++ either (GCC bug
// 81497).
#ifndef TINYHOST_HAS_ACLE_SIMD
#if defined(__clang__) || __GNUC__ >= 10
#define TINYHOST_HAS_ACLE_SIMD 1
#else
#define TINYHOST_HAS_ACLE_SIMD 0
#endif
#endif
#if TINYHOST_HAS_ACLE_SIMD
#include <arm_acle.h>
#endif
#endif

namespace tinyhost::simd {

/// Four bytes from any address: LDR does not need alignment.
inline uint32_t Load(const void* data) {
  uint32_t word;
  std::memcpy(&word, data, sizeof(word));
  return word;
}

inline void StoreWord(void* target, uint32_t word) { std::memcpy(target, &word, sizeof(word)); }

#ifdef __ARM_FEATURE_SIMD32
/// Loads four bytes, or one, and moves the pointer behind them in one instruction; GCC 12 uses three.
inline uint32_t LoadNext(const int8_t*& data) {
  uint32_t word;
  __asm__ volatile("ldr %0, [%1], #4" : "=r"(word), "+r"(data) : : "memory");
  return word;
}
inline int32_t LoadNextByte(const int8_t*& data) {
  int32_t byte;
  __asm__ volatile("ldrsb %0, [%1], #1" : "=r"(byte), "+r"(data) : : "memory");
  return byte;
}
inline void StoreNext(int8_t*& target, int32_t byte) {
  __asm__ volatile("strb %1, [%0], #1" : "+r"(target) : "r"(byte) : "memory");
}
inline int32_t LoadNextWord(const int32_t*& words) {
  int32_t word;
  __asm__ volatile("ldr %0, [%1], #4" : "=r"(word), "+r"(words) : : "memory");
  return word;
}
/// Makes the compiler forget what it knows about x.
inline void Forget(uint32_t& x) { __asm__ volatile("" : "+r"(x)); }
/// Keeps the computation of these behind the loads and stores before this line.
inline void NotBefore(uint32_t& a, uint32_t& b) { __asm__ volatile("" : "+r"(a), "+r"(b)); }
inline void StoreNextWord(int8_t*& target, uint32_t word) {
  __asm__ volatile("str %1, [%0], #4" : "+r"(target) : "r"(word) : "memory");
}
inline uint32_t LoadNextUnsigned(const int8_t*& data) {
  uint32_t byte;
  __asm__ volatile("ldrb %0, [%1], #1" : "=r"(byte), "+r"(data) : : "memory");
  return byte;
}
inline void LoadNextPair(const int32_t*& words, int32_t& a, int32_t& b) {
  __asm__ volatile("ldrd %0, %1, [%2], #8" : "=&r"(a), "=&r"(b), "+r"(words) : : "memory");
}
#else
inline uint32_t LoadNextUnsigned(const int8_t*& data) { return static_cast<uint8_t>(*data++); }
inline void LoadNextPair(const int32_t*& words, int32_t& a, int32_t& b) { a = *words++, b = *words++; }
inline uint32_t LoadNext(const int8_t*& data) {
  data += 4;
  return Load(data - 4);
}
inline int32_t LoadNextByte(const int8_t*& data) { return *data++; }
inline void StoreNext(int8_t*& target, int32_t byte) { *target++ = static_cast<int8_t>(byte); }
inline int32_t LoadNextWord(const int32_t*& words) { return *words++; }
inline void Forget(uint32_t&) {}
inline void NotBefore(uint32_t&, uint32_t&) {}
inline void StoreNextWord(int8_t*& target, uint32_t word) {
  StoreWord(target, word);
  target += 4;
}
#endif

inline void StorePair(int16_t* target, uint32_t pair) { std::memcpy(target, &pair, sizeof(pair)); }

inline void StoreHalf(int16_t* target, int32_t value) {
  const int16_t half = static_cast<int16_t>(value);
  std::memcpy(target, &half, sizeof(half));
}

#ifdef __ARM_FEATURE_SIMD32

#if !TINYHOST_HAS_ACLE_SIMD
inline uint32_t __sxtb16(uint32_t word) {
  uint32_t result;
  __asm__("sxtb16 %0, %1" : "=r"(result) : "r"(word));
  return result;
}
inline uint32_t __sxtab16(uint32_t halves, uint32_t word) {
  uint32_t result;
  __asm__("sxtab16 %0, %1, %2" : "=r"(result) : "r"(halves), "r"(word));
  return result;
}
inline int32_t __smlad(uint32_t a, uint32_t b, int32_t sum) {
  int32_t result;
  __asm__("smlad %0, %1, %2, %3" : "=r"(result) : "r"(a), "r"(b), "r"(sum));
  return result;
}
#endif

/// Bytes 0 and 2, sign-extended to half-words.
inline uint32_t EvenBytes(uint32_t word) { return static_cast<uint32_t>(__sxtb16(word)); }

/// Bytes 1 and 3, sign-extended to half-words.
inline uint32_t OddBytes(uint32_t word) {
  uint32_t result;
  __asm__("sxtb16 %0, %1, ror #8" : "=r"(result) : "r"(word));
  return result;
}

/// Half-words plus bytes 0 and 2, or 1 and 3, modulo 2^16.
inline uint32_t AddEvenBytes(uint32_t halves, uint32_t word) { return static_cast<uint32_t>(__sxtab16(halves, word)); }
inline uint32_t AddOddBytes(uint32_t halves, uint32_t word) {
  uint32_t result;
  __asm__("sxtab16 %0, %1, %2, ror #8" : "=r"(result) : "r"(halves), "r"(word));
  return result;
}

/// The half-words of `negative` where `halves` is negative, otherwise those of `other`.
inline uint32_t BySign(uint32_t halves, uint32_t negative, uint32_t other) {
  uint32_t result;
  __asm__("sadd16 %0, %1, %1\n\tsel %0, %3, %2" : "=&r"(result) : "r"(halves), "r"(negative), "r"(other) : "cc");
  return result;
}

/// Joins bytes 0 and 2 of `even`'s half-words and bytes 1 and 3 from those of `odd`.
inline uint32_t JoinBytes(uint32_t even, uint32_t odd) {
  uint32_t low, high;
  __asm__("uxtb16 %0, %1" : "=r"(low) : "r"(even));
  __asm__("uxtb16 %0, %1" : "=r"(high) : "r"(odd));
  return low | high << 8;
}

/// x without the bits that are set in y / 2^15.
inline uint32_t WithoutHigher(uint32_t x, uint32_t y) {
  uint32_t result;
  __asm__("bic %0, %1, %2, lsr #15" : "=r"(result) : "r"(x), "r"(y));
  return result;
}

/// JoinBytes of the half-words divided by 4, rounded down.
inline uint32_t JoinQuarters(uint32_t even, uint32_t odd) {
  uint32_t low, high;
  __asm__("and %0, %1, %2, lsr #2" : "=r"(low) : "r"(0x00FF00FFu), "r"(even));
  __asm__("and %0, %1, %2, lsr #2" : "=r"(high) : "r"(0x00FF00FFu), "r"(odd));
  return low | high << 8;
}

/// The greater of each pair of signed bytes.
inline uint32_t MaximumBytes(uint32_t a, uint32_t b) {
  uint32_t result;
  __asm__("ssub8 %0, %1, %2\n\tsel %0, %1, %2" : "=&r"(result) : "r"(a), "r"(b) : "cc");
  return result;
}

/// Sums of signed bytes, modulo 2^8; halves of the sums, rounded down.
inline uint32_t AddBytes(uint32_t a, uint32_t b) {
  uint32_t result;
  __asm__("sadd8 %0, %1, %2" : "=r"(result) : "r"(a), "r"(b) : "cc");
  return result;
}
inline uint32_t HalfSumBytes(uint32_t a, uint32_t b) {
  uint32_t result;
  __asm__("shadd8 %0, %1, %2" : "=r"(result) : "r"(a), "r"(b));
  return result;
}

/// The lesser of each pair of signed bytes.
inline uint32_t MinimumBytes(uint32_t a, uint32_t b) {
  uint32_t result;
  __asm__("ssub8 %0, %1, %2\n\tsel %0, %2, %1" : "=&r"(result) : "r"(a), "r"(b) : "cc");
  return result;
}

/// Sums and differences of half-words, modulo 2^16.
inline uint32_t AddHalves(uint32_t a, uint32_t b) {
  uint32_t result;
  __asm__("sadd16 %0, %1, %2" : "=r"(result) : "r"(a), "r"(b) : "cc");
  return result;
}
inline uint32_t SubtractHalves(uint32_t a, uint32_t b) {
  uint32_t result;
  __asm__("ssub16 %0, %1, %2" : "=r"(result) : "r"(a), "r"(b) : "cc");
  return result;
}

/// sum + a.low * b.low + a.high * b.high, modulo 2^32.
inline uint32_t DualMultiplyAdd(uint32_t a, uint32_t b, uint32_t sum) {
  return static_cast<uint32_t>(__smlad(a, b, static_cast<int32_t>(sum)));
}

/// (a.low, b.low)
inline uint32_t PackLow(uint32_t a, uint32_t b) {
  uint32_t result;
  __asm__("pkhbt %0, %1, %2, lsl #16" : "=r"(result) : "r"(a), "r"(b));
  return result;
}

/// (a.high, b.high)
inline uint32_t PackHigh(uint32_t a, uint32_t b) {
  uint32_t result;
  __asm__("pkhtb %0, %1, %2, asr #16" : "=r"(result) : "r"(b), "r"(a));
  return result;
}

/// sum + a.low * b.low, modulo 2^32; also for the other halves.
#define TINYHOST_MULTIPLY_ADD(name, instruction)                                      \
  inline uint32_t name(uint32_t a, uint32_t b, uint32_t sum) {                        \
    uint32_t result;                                                                  \
    __asm__(instruction " %0, %1, %2, %3" : "=r"(result) : "r"(a), "r"(b), "r"(sum)); \
    return result;                                                                    \
  }
TINYHOST_MULTIPLY_ADD(MultiplyAddLowLow, "smlabb")
TINYHOST_MULTIPLY_ADD(MultiplyAddLowHigh, "smlabt")
TINYHOST_MULTIPLY_ADD(MultiplyAddHighLow, "smlatb")
TINYHOST_MULTIPLY_ADD(MultiplyAddHighHigh, "smlatt")
#undef TINYHOST_MULTIPLY_ADD

/// Twice each half-word, modulo 2^16.
inline uint32_t TwiceHalves(uint32_t halves) {
  uint32_t result;
  __asm__("sadd16 %0, %1, %1" : "=r"(result) : "r"(halves) : "cc");
  return result;
}

/// a.low * b.low; a.high * b.high; a.high * b.low.
inline uint32_t MultiplyLowLow(uint32_t a, uint32_t b) {
  uint32_t result;
  __asm__("smulbb %0, %1, %2" : "=r"(result) : "r"(a), "r"(b));
  return result;
}
inline uint32_t MultiplyHighHigh(uint32_t a, uint32_t b) {
  uint32_t result;
  __asm__("smultt %0, %1, %2" : "=r"(result) : "r"(a), "r"(b));
  return result;
}
inline uint32_t MultiplyHighLow(uint32_t a, uint32_t b) {
  uint32_t result;
  __asm__("smultb %0, %1, %2" : "=r"(result) : "r"(a), "r"(b));
  return result;
}

/// Bytes 0 and 2, or 1 and 3, times 2^8.
inline uint32_t HighEvenBytes(uint32_t word) {
  uint32_t result;
  __asm__("and %0, %1, %2, lsl #8" : "=r"(result) : "r"(0xFF00FF00u), "r"(word));
  return result;
}
inline uint32_t HighOddBytes(uint32_t word) { return word & 0xFF00FF00u; }

/// sum + a * b.low / 2^16, rounded down, modulo 2^32; also for the other half.
inline int32_t MultiplyWordAddLow(int32_t a, uint32_t b, int32_t sum) {
  int32_t result;
  __asm__("smlawb %0, %1, %2, %3" : "=r"(result) : "r"(a), "r"(b), "r"(sum));
  return result;
}
inline int32_t MultiplyWordAddHigh(int32_t a, uint32_t b, int32_t sum) {
  int32_t result;
  __asm__("smlawt %0, %1, %2, %3" : "=r"(result) : "r"(a), "r"(b), "r"(sum));
  return result;
}

/// sum + a * b / 2^32, halves rounded up.
inline int32_t MultiplyHighAdd(int32_t a, int32_t b, int32_t sum) {
  int32_t result;
  __asm__("smmlar %0, %1, %2, %3" : "=r"(result) : "r"(a), "r"(b), "r"(sum));
  return result;
}

/// sum + a * b / 2^32, rounded down.
inline int32_t MultiplyHighAddDown(int32_t a, int32_t b, int32_t sum) {
  int32_t result;
  __asm__("smmla %0, %1, %2, %3" : "=r"(result) : "r"(a), "r"(b), "r"(sum));
  return result;
}

#if TINYHOST_HAS_ACLE_SIMD
inline int32_t SaturateToByte(int32_t x) { return __ssat(x, 8); }
inline int32_t SaturateToHalf(int32_t x) { return __ssat(x, 16); }
#else
inline int32_t SaturateToByte(int32_t x) {
  int32_t result;
  __asm__("ssat %0, #8, %1" : "=r"(result) : "r"(x));
  return result;
}
inline int32_t SaturateToHalf(int32_t x) {
  int32_t result;
  __asm__("ssat %0, #16, %1" : "=r"(result) : "r"(x));
  return result;
}
#endif

#else

inline int32_t Half(uint32_t word, int shift) { return static_cast<int16_t>(word >> shift); }

inline uint32_t EvenBytes(uint32_t word) {
  const uint32_t low = static_cast<uint16_t>(static_cast<int8_t>(word));
  const uint32_t high = static_cast<uint16_t>(static_cast<int8_t>(word >> 16));
  return low | high << 16;
}
inline uint32_t OddBytes(uint32_t word) { return EvenBytes(word >> 8); }
inline uint32_t AddHalves(uint32_t a, uint32_t b) { return ((a + b) & 0xFFFF) | ((a & 0xFFFF0000) + (b & 0xFFFF0000)); }
inline uint32_t SubtractHalves(uint32_t a, uint32_t b) {
  return ((a - b) & 0xFFFF) | ((a & 0xFFFF0000) - (b & 0xFFFF0000));
}
inline uint32_t AddEvenBytes(uint32_t halves, uint32_t word) { return AddHalves(halves, EvenBytes(word)); }
inline uint32_t AddOddBytes(uint32_t halves, uint32_t word) { return AddEvenBytes(halves, word >> 8); }
inline uint32_t PackHalves(int32_t low, int32_t high) {
  return (static_cast<uint32_t>(low) & 0xFFFF) | static_cast<uint32_t>(high) << 16;
}
inline uint32_t BySign(uint32_t halves, uint32_t negative, uint32_t other) {
  return PackHalves(Half(Half(halves, 0) < 0 ? negative : other, 0), Half(Half(halves, 16) < 0 ? negative : other, 16));
}
inline uint32_t JoinBytes(uint32_t even, uint32_t odd) { return (even & 0x00FF00FF) | (odd & 0x00FF00FF) << 8; }
inline uint32_t WithoutHigher(uint32_t x, uint32_t y) { return x & ~(y >> 15); }
inline uint32_t JoinQuarters(uint32_t even, uint32_t odd) { return JoinBytes(even >> 2, odd >> 2); }
inline uint32_t MaximumBytes(uint32_t a, uint32_t b) {
  uint32_t result = 0;
  for (int shift = 0; shift < 32; shift += 8) {
    const int8_t x = static_cast<int8_t>(a >> shift), y = static_cast<int8_t>(b >> shift);
    result |= static_cast<uint32_t>(static_cast<uint8_t>(x > y ? x : y)) << shift;
  }
  return result;
}
inline uint32_t AddBytes(uint32_t a, uint32_t b) {
  return ((a & 0x7F7F7F7F) + (b & 0x7F7F7F7F)) ^ ((a ^ b) & 0x80808080);
}
/// a + b is twice the bits they share plus the bits in which they differ; the shift frees the top bit for the sum's
/// sign.
inline uint32_t HalfSumBytes(uint32_t a, uint32_t b) {
  const uint32_t apart = a ^ b;
  return AddBytes(a & b, (apart >> 1 & 0x7F7F7F7F) | (apart & 0x80808080));
}
inline uint32_t MinimumBytes(uint32_t a, uint32_t b) { return ~MaximumBytes(~a, ~b); }  // ~x is -x - 1
inline uint32_t DualMultiplyAdd(uint32_t a, uint32_t b, uint32_t sum) {
  return sum + static_cast<uint32_t>(Half(a, 0) * Half(b, 0)) + static_cast<uint32_t>(Half(a, 16) * Half(b, 16));
}
inline uint32_t PackLow(uint32_t a, uint32_t b) { return (a & 0xFFFF) | b << 16; }
inline uint32_t PackHigh(uint32_t a, uint32_t b) { return a >> 16 | (b & 0xFFFF0000); }
inline uint32_t MultiplyAddLowLow(uint32_t a, uint32_t b, uint32_t sum) {
  return sum + static_cast<uint32_t>(Half(a, 0) * Half(b, 0));
}
inline uint32_t MultiplyAddLowHigh(uint32_t a, uint32_t b, uint32_t sum) {
  return sum + static_cast<uint32_t>(Half(a, 0) * Half(b, 16));
}
inline uint32_t MultiplyAddHighLow(uint32_t a, uint32_t b, uint32_t sum) {
  return sum + static_cast<uint32_t>(Half(a, 16) * Half(b, 0));
}
inline uint32_t MultiplyAddHighHigh(uint32_t a, uint32_t b, uint32_t sum) {
  return sum + static_cast<uint32_t>(Half(a, 16) * Half(b, 16));
}
inline uint32_t TwiceHalves(uint32_t halves) { return (halves << 1 & 0xFFFE) | (halves << 1 & 0xFFFE0000); }
inline uint32_t MultiplyLowLow(uint32_t a, uint32_t b) { return MultiplyAddLowLow(a, b, 0); }
inline uint32_t MultiplyHighHigh(uint32_t a, uint32_t b) { return MultiplyAddHighHigh(a, b, 0); }
inline uint32_t MultiplyHighLow(uint32_t a, uint32_t b) { return MultiplyAddHighLow(a, b, 0); }
inline uint32_t HighEvenBytes(uint32_t word) { return word << 8 & 0xFF00FF00; }
inline uint32_t HighOddBytes(uint32_t word) { return word & 0xFF00FF00; }
inline int32_t MultiplyWordAddLow(int32_t a, uint32_t b, int32_t sum) {
  const int64_t product = static_cast<int64_t>(a) * Half(b, 0) >> 16;
  return static_cast<int32_t>(static_cast<uint32_t>(sum) + static_cast<uint32_t>(product));
}
inline int32_t MultiplyWordAddHigh(int32_t a, uint32_t b, int32_t sum) { return MultiplyWordAddLow(a, b >> 16, sum); }
inline int32_t MultiplyHighAdd(int32_t a, int32_t b, int32_t sum) {
  const int64_t high = (static_cast<int64_t>(a) * b + (int64_t{1} << 31)) >> 32;
  return static_cast<int32_t>(static_cast<uint32_t>(sum) + static_cast<uint32_t>(high));
}
inline int32_t MultiplyHighAddDown(int32_t a, int32_t b, int32_t sum) {
  const int64_t high = static_cast<int64_t>(a) * b >> 32;
  return static_cast<int32_t>(static_cast<uint32_t>(sum) + static_cast<uint32_t>(high));
}
inline int32_t SaturateToByte(int32_t x) { return x < INT8_MIN ? INT8_MIN : (x > INT8_MAX ? INT8_MAX : x); }
inline int32_t SaturateToHalf(int32_t x) { return x < INT16_MIN ? INT16_MIN : (x > INT16_MAX ? INT16_MAX : x); }

#endif

}  // namespace tinyhost::simd
