#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "motion/features.h"

namespace tinyhost {

constexpr int kTwiddleBits = 30;

/// A point of the unit circle, Q30.
struct Twiddle {
  int32_t cosine;
  int32_t sine;
};

/// Half of the circle: kCircle[k] is the angle 2 pi k / kMaxFftPoints.
extern const std::array<Twiddle, kMaxFftPoints / 2> kCircle;

/// Twice the discrete Fourier transform of n real samples below 2^20 in size, in place; n a power of two up to
/// kMaxFftPoints. Bin k of 1..n/2 - 1 is samples[2 k] + i samples[2 k + 1]; bin 0 and n/2 are not kept.
/// Rounding adds at most a few units per stage, and nothing overflows: results stay below 2^30.
void RealFft(int32_t* samples, size_t n);

}  // namespace tinyhost
