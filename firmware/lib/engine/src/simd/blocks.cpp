// Products of quads (kernels/quads.h) with unfolded patches. The lanes are patches side by side in memory: a word with
// two 16-bit elements of each in turn.
//
// In carried quads the half-words are 256 * b + a for filters a and b, so that SMLAD on them adds 256 times the
// products of b plus those of a; SXTB16 extracts a alone. Two filters take one SXTB16 instead of two.
//
// GCC 12 would spill registers in these loops, which need all 14.

#include "blocks.h"

namespace tinyhost::simd {

namespace {

/// Extracts the second filter's sum from one that carries the first's.
inline uint32_t Uncarried(uint32_t sum, uint32_t first) {
  return static_cast<uint32_t>(static_cast<int32_t>(sum - first) >> 8);
}

/// Where the second filter's sums start: at its bias, carried like the weights.
inline uint32_t SecondBias(const BlockJob& job, const ChannelConstants* pair) {
  const uint32_t bias = static_cast<uint32_t>(pair[1].bias);
  return job.carried ? (bias << 8) + static_cast<uint32_t>(pair[0].bias) : bias;
}

/// What the loop over pairs of filters and four lanes works on.
struct PairsJob {
  const ChannelConstants* channels;
  const ChannelConstants* channels_end;
  int8_t* first;          // output of a pair
  int8_t* second;         // equal to `first` if there is no second filter: the first is stored last
  OutputOffsets offsets;  // of the lanes
  const uint32_t* patches;
  const uint32_t* patches_end;
  uintptr_t entry;  // into the unrolled steps: at first the bytes to skip, then the address
  struct {
    int32_t to_next;  // bytes from the end of a pair's weights to the next pair's, in the same block or in the next one
    int32_t both;     // the sum of both distances
  } steps;
  const uint32_t* weights;
};

#ifdef __ARM_FEATURE_SIMD32

// clang-format off
#define TINYHOST_STEP                   \
  "ldr %[w], [%[weights]], #8\n"        \
  "ldrd %[x], %[y], [%[patches]], #8\n" \
  "sxtb16 %[e], %[w]\n"                 \
  "smlad %[a0], %[e], %[x], %[a0]\n"    \
  "smlad %[b0], %[w], %[x], %[b0]\n"    \
  "smlad %[a1], %[e], %[y], %[a1]\n"    \
  "smlad %[b1], %[w], %[y], %[b1]\n"    \
  "ldrd %[x], %[y], [%[patches]], #8\n" \
  "smlad %[a2], %[e], %[x], %[a2]\n"    \
  "smlad %[b2], %[w], %[x], %[b2]\n"    \
  "smlad %[a3], %[e], %[y], %[a3]\n"    \
  "smlad %[b3], %[w], %[y], %[b3]\n"
constexpr int32_t kUnrolledSteps = 8, kStepBytes = 48;
/// Carried quads where kBounded holds: 12 instructions per 16 multiply-accumulates, 3 every 128, and for each pair of
/// filters 60, or 89 where no channel is scaled. The sums of a scaled second filter stay multiplied by 256. The first
/// step starts the sums; then a jump into the unrolled steps leaves a multiple of their number.
TINYHOST_INLINE void RunCarriedPairs(PairsJob& job) {
  uint32_t a0, a1, a2, a3, b0, b1, b2, b3, w, e, x, y;
  const uint32_t *weights = job.weights, *patches;
  __asm__ volatile(
      "adr.w %[x], 2f\n"
      "ldr %[y], %[entry]\n"
      "add %[x], %[x], %[y]\n"
      "orr %[x], %[x], #1\n"  // Thumb
      "str %[x], %[entry]\n"
      "1:\n"
      "ldr %[x], %[channels]\n"
      "ldr %[patches], %[start]\n"
      "ldr %[w], [%[weights]], #8\n"
      "ldr %[a0], [%[x]]\n"
      "ldr %[b0], [%[x], #16]\n"
      "ldrd %[x], %[y], [%[patches], #8]\n"
      "sxtb16 %[e], %[w]\n"
      "add %[b0], %[a0], %[b0], lsl #8\n"
      "smlad %[a2], %[e], %[x], %[a0]\n"
      "smlad %[b2], %[w], %[x], %[b0]\n"
      "smlad %[a3], %[e], %[y], %[a0]\n"
      "smlad %[b3], %[w], %[y], %[b0]\n"
      "ldrd %[x], %[y], [%[patches]], #16\n"
      "smlad %[a1], %[e], %[y], %[a0]\n"
      "smlad %[b1], %[w], %[y], %[b0]\n"
      "smlad %[a0], %[e], %[x], %[a0]\n"
      "smlad %[b0], %[w], %[x], %[b0]\n"
      "ldr pc, %[entry]\n"
      "2:\n"
      TINYHOST_STEP
      TINYHOST_STEP
      TINYHOST_STEP
      TINYHOST_STEP
      TINYHOST_STEP
      TINYHOST_STEP
      TINYHOST_STEP
      TINYHOST_STEP
      "ldr %[x], %[end]\n"
      "cmp %[patches], %[x]\n"
      "bne 2b\n"
      "sub %[b0], %[b0], %[a0]\n"
      "sub %[b1], %[b1], %[a1]\n"
      "sub %[b2], %[b2], %[a2]\n"
      "sub %[b3], %[b3], %[a3]\n"
      "ldr %[e], %[channels]\n"
      "ldrd %[x], %[y], [%[e], #20]\n"
      "cmp %[x], #0\n"
      "bmi 6f\n"
      "lsl %[y], %[y], #8\n"
      TINYHOST_SCALE("%[b0]", "%[b1]", "%[b2]", "%[b3]", "%[x]", "%[y]", "8+" TINYHOST_SCALED_SHIFT)
      "4:\n"
      "ldr %[patches], %[second]\n"
      "ldrd %[x], %[y], %[offsets]\n"
      "ldr %[w], %[offset_b]\n"
      "strb %[b3], [%[patches], %[y]]\n"
      "strb %[b2], [%[patches], %[x]]\n"
      "strb %[b1], [%[patches], %[w]]\n"
      "strb %[b0], [%[patches]], #2\n"
      "ldrd %[b0], %[b1], [%[e], #4]\n"
      "str %[patches], %[second]\n"
      "cmp %[b0], #0\n"
      "bmi 7f\n"
      TINYHOST_SCALE("%[a0]", "%[a1]", "%[a2]", "%[a3]", "%[b0]", "%[b1]", TINYHOST_SCALED_SHIFT)
      "5:\n"
      "ldr %[patches], %[first]\n"
      "ldrd %[b0], %[b1], %[to_next]\n"
      "strb %[a3], [%[patches], %[y]]\n"
      "strb %[a2], [%[patches], %[x]]\n"
      "strb %[a1], [%[patches], %[w]]\n"
      "strb %[a0], [%[patches]], #2\n"
      "ldr %[x], %[channels_end]\n"
      "add %[weights], %[weights], %[b0]\n"
      "sub %[b1], %[b1], %[b0]\n"
      "add %[e], %[e], #32\n"
      "str %[patches], %[first]\n"
      "str %[b1], %[to_next]\n"
      "str %[e], %[channels]\n"
      "cmp %[e], %[x]\n"
      "bne 1b\n"
      "b 8f\n"
      "6:\n"
      "asr %[b0], %[b0], #8\n"
      "asr %[b1], %[b1], #8\n"
      "asr %[b2], %[b2], #8\n"
      "asr %[b3], %[b3], #8\n"
      "ldr %[w], [%[e], #28]\n"
      TINYHOST_REQUANTIZE("%[b0]", "%[b1]", "%[b2]", "%[b3]", "%[x]", "%[y]", "%[w]")
      "b 4b\n"
      "7:\n"
      "ldr %[b2], [%[e], #12]\n"
      TINYHOST_REQUANTIZE("%[a0]", "%[a1]", "%[a2]", "%[a3]", "%[b0]", "%[b1]", "%[b2]")
      "b 5b\n"
      "8:\n"
      : [a0] "=&r"(a0), [a1] "=&r"(a1), [a2] "=&r"(a2), [a3] "=&r"(a3), [b0] "=&r"(b0), [b1] "=&r"(b1),
        [b2] "=&r"(b2), [b3] "=&r"(b3), [w] "=&r"(w), [e] "=&r"(e), [x] "=&r"(x), [y] "=&r"(y),
        [weights] "+r"(weights), [patches] "=&r"(patches), [channels] "+m"(job.channels), [first] "+m"(job.first),
        [second] "+m"(job.second), [to_next] "+m"(job.steps), [entry] "+m"(job.entry)
      : [channels_end] "m"(job.channels_end), [start] "m"(job.patches),
        [end] "m"(job.patches_end), [offsets] "m"(job.offsets), [offset_b] "m"(job.offsets.b)
      : "cc", "memory");
  job.weights = weights;
}
#undef TINYHOST_STEP
// clang-format on

#endif

/// Runs any form of weights and requantization.
TINYHOST_COLD void RunAnyPairs(const BlockJob& block, PairsJob& job) {
  for (; job.channels != job.channels_end; job.channels += 2, job.first += 2, job.second += 2) {
    const uint32_t bias = static_cast<uint32_t>(job.channels[0].bias), second_bias = SecondBias(block, job.channels);
    Four a = {bias, bias, bias, bias}, b = {second_bias, second_bias, second_bias, second_bias};
    for (const uint32_t* lanes = job.patches; lanes != job.patches_end; lanes += 4, job.weights += 2) {
      const uint32_t word = *job.weights, first = EvenBytes(word), second = block.carried ? word : OddBytes(word);
      a = {DualMultiplyAdd(first, lanes[0], a.a), DualMultiplyAdd(first, lanes[1], a.b),
           DualMultiplyAdd(first, lanes[2], a.c), DualMultiplyAdd(first, lanes[3], a.d)};
      b = {DualMultiplyAdd(second, lanes[0], b.a), DualMultiplyAdd(second, lanes[1], b.b),
           DualMultiplyAdd(second, lanes[2], b.c), DualMultiplyAdd(second, lanes[3], b.d)};
    }
    if (block.carried) {
      b = {Uncarried(b.a, a.a), Uncarried(b.b, a.b), Uncarried(b.c, a.c), Uncarried(b.d, a.d)};
    }
    StoreFour(block.exact, job.channels[1], b, job.second, job.offsets);
    StoreFour(block.exact, job.channels[0], a, job.first, job.offsets);
    job.weights += job.steps.to_next / 4;
    job.steps.to_next = job.steps.both - job.steps.to_next;
  }
}

/// What AddBlock reads: plain or carried quads, and a patch of bytes or of unfolded pairs.
enum class OneLaneForm { kPlainBytes, kCarriedBytes, kCarriedPairs };

/// Adds up the sums of a block's four filters over one lane, which is unfolded or still bytes: 17 or 19 instructions
/// per 16 multiply-accumulates of carried quads.
#ifdef __ARM_FEATURE_SIMD32
// clang-format off
#define TINYHOST_PRODUCTS(pair, odd)                   \
  "ldrd %[w0], %[w1], [%[weights]], #8\n"              \
  "sxtb16 %[e0], %[w0]\n"                              \
  "sxtb16 %[e1], %[w1]\n" odd                          \
  "smlad %[a], %[e0], %[" pair "], %[a]\n"             \
  "smlad %[b], %[w0], %[" pair "], %[b]\n"             \
  "smlad %[c], %[e1], %[" pair "], %[c]\n"             \
  "smlad %[d], %[w1], %[" pair "], %[d]\n"
#define TINYHOST_LOOP(load, odd)                                                                               \
  __asm__("1:\n" load TINYHOST_PRODUCTS("x", odd) TINYHOST_PRODUCTS("y", odd)                                  \
          "cmp %[patch], %[end]\n"                                                                             \
          "bne 1b\n"                                                                                           \
          : [a] "+r"(sums.a), [b] "+r"(sums.b), [c] "+r"(sums.c), [d] "+r"(sums.d), [weights] "+r"(weights),   \
            [patch] "+r"(patch), [w0] "=&r"(w0), [w1] "=&r"(w1), [e0] "=&r"(e0), [e1] "=&r"(e1), [x] "=&r"(x), \
            [y] "=&r"(y)                                                                                       \
          : [end] "r"(end)                                                                                     \
          : "cc", "memory")
#define TINYHOST_ODD "sxtb16 %[w0], %[w0], ror #8\nsxtb16 %[w1], %[w1], ror #8\n"
#define TINYHOST_BYTES "ldr %[y], [%[patch]], #4\nsxtb16 %[x], %[y]\nsxtb16 %[y], %[y], ror #8\n"
TINYHOST_INLINE const uint32_t* AddBlock(OneLaneForm form, const uint32_t* weights,
                                                               const int8_t* patch, const int8_t* end, Four& sums) {
  uint32_t w0, w1, e0, e1, x, y;
  if (form == OneLaneForm::kCarriedPairs) {
    TINYHOST_LOOP("ldrd %[x], %[y], [%[patch]], #8\n", "");
  } else if (form == OneLaneForm::kCarriedBytes) {
    TINYHOST_LOOP(TINYHOST_BYTES, "");
  } else {
    TINYHOST_LOOP(TINYHOST_BYTES, TINYHOST_ODD);
  }
  return weights;
}

/// The same for plain quads and an unfolded patch.
void AddPlainPairs(const uint32_t* weights, const int8_t* patch, const int8_t* end, Four& sums) {
  uint32_t w0, w1, e0, e1, x, y;
  TINYHOST_LOOP("ldrd %[x], %[y], [%[patch]], #8\n", TINYHOST_ODD);
}
#undef TINYHOST_BYTES
#undef TINYHOST_ODD
#undef TINYHOST_LOOP
#undef TINYHOST_PRODUCTS
// clang-format on
#else
const uint32_t* AddPair(bool carried, const uint32_t* weights, uint32_t pair, Four& sums) {
  sums.a = DualMultiplyAdd(EvenBytes(weights[0]), pair, sums.a);
  sums.b = DualMultiplyAdd(carried ? weights[0] : OddBytes(weights[0]), pair, sums.b);
  sums.c = DualMultiplyAdd(EvenBytes(weights[1]), pair, sums.c);
  sums.d = DualMultiplyAdd(carried ? weights[1] : OddBytes(weights[1]), pair, sums.d);
  return weights + 2;
}

const uint32_t* AddBlock(OneLaneForm form, const uint32_t* weights, const int8_t* patch, const int8_t* end,
                         Four& sums) {
  const bool carried = form != OneLaneForm::kPlainBytes;
  for (; patch != end; patch += 4) {
    const uint32_t word = Load(patch);
    const bool unfolded = form == OneLaneForm::kCarriedPairs;
    weights = AddPair(carried, weights, unfolded ? word : EvenBytes(word), sums);
    if (!unfolded) weights = AddPair(carried, weights, OddBytes(word), sums);
  }
  return weights;
}

void AddPlainPairs(const uint32_t* weights, const int8_t* patch, const int8_t* end, Four& sums) {
  for (; patch != end; patch += 4) weights = AddPair(false, weights, Load(patch), sums);
}
#endif

void RunOneLane(const BlockJob& job, OneLaneForm form, const int8_t* patch, const int8_t* end, int8_t* output) {
  const uint32_t* weights = job.weights;
  const ChannelConstants* channels = job.channels;
  for (int32_t left = job.n_filters; left > 0; left -= 4) {
    Four sums = {static_cast<uint32_t>(channels[0].bias), SecondBias(job, channels),
                 static_cast<uint32_t>(channels[2].bias), SecondBias(job, channels + 2)};
    weights = AddBlock(form, weights, patch, end, sums);
    if (job.carried) sums.b = Uncarried(sums.b, sums.a), sums.d = Uncarried(sums.d, sums.c);
    if (!job.exact && left >= 4) {
      output[0] = static_cast<int8_t>(BoundedOutput(channels[0], sums.a));
      output[1] = static_cast<int8_t>(BoundedOutput(channels[1], sums.b));
      output[2] = static_cast<int8_t>(BoundedOutput(channels[2], sums.c));
      output[3] = static_cast<int8_t>(BoundedOutput(channels[3], sums.d));
      output += 4, channels += 4;
      continue;
    }
    const uint32_t by_filter[] = {sums.a, sums.b, sums.c, sums.d};
    for (int32_t i = 0; i < (left < 4 ? left : 4); ++i) *output++ = Output(job.exact, *channels++, by_filter[i]);
  }
}

}  // namespace

void RunFourLanes(const BlockJob& job, const uint32_t* patches, int32_t n_lanes, int8_t* output) {
  PairsJob pairs;
  pairs.channels = pairs.channels_end = job.channels;
  pairs.first = output;
  pairs.offsets = OutputOffsets::Of(n_lanes, job.pixel_bytes);
  pairs.patches = patches;
  pairs.patches_end = patches + 4 * job.n_pairs;
  pairs.steps.to_next = 4 - 8 * job.n_pairs;
  pairs.steps.both = -8 * job.n_pairs;
  pairs.weights = job.weights;
  // All whole pairs of filters first, then a last filter without a second one.
  for (int32_t left = job.n_filters; left > 0; left = left > 1 ? left % 2 : 0) {
    pairs.channels_end += left > 1 ? left / 2 * 2 : 2;
    pairs.second = pairs.first + (left > 1 ? 1 : 0);
#ifdef __ARM_FEATURE_SIMD32
    if (job.carried && !job.exact) {
      pairs.entry = static_cast<uintptr_t>(kStepBytes * ((1 - job.n_pairs) & (kUnrolledSteps - 1)));
      RunCarriedPairs(pairs);
      continue;
    }
#endif
    RunAnyPairs(job, pairs);
  }
}

void RunOneLane(const BlockJob& job, const uint32_t* patch, int8_t* output) {
  const int8_t* bytes = reinterpret_cast<const int8_t*>(patch);
  RunOneLane(job, OneLaneForm::kCarriedPairs, bytes, bytes + 4 * job.n_pairs, output);
}

void RunOneLane(const BlockJob& job, const int8_t* patch, int8_t* output) {
  const OneLaneForm form = job.carried ? OneLaneForm::kCarriedBytes : OneLaneForm::kPlainBytes;
  RunOneLane(job, form, patch, patch + 2 * job.n_pairs, output);
}

void SumBlock(const uint32_t* weights, bool carried, const uint32_t* patch, int32_t n_pairs, const int32_t* biases,
              uint32_t* sums) {
  const auto* bytes = reinterpret_cast<const int8_t*>(patch);
  Four four = {static_cast<uint32_t>(biases[0]), static_cast<uint32_t>(biases[1]), static_cast<uint32_t>(biases[2]),
               static_cast<uint32_t>(biases[3])};
  if (carried) {
    four.b = (four.b << 8) + four.a, four.d = (four.d << 8) + four.c;
    AddBlock(OneLaneForm::kCarriedPairs, weights, bytes, bytes + 4 * n_pairs, four);
    four.b = Uncarried(four.b, four.a), four.d = Uncarried(four.d, four.c);
  } else {
    AddPlainPairs(weights, bytes, bytes + 4 * n_pairs, four);
  }
  sums[0] = four.a;
  sums[1] = four.b;
  sums[2] = four.c;
  sums[3] = four.d;
}

}  // namespace tinyhost::simd
