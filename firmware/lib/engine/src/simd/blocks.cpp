// Products of quads (kernels/quads.h) with unfolded patches: lanes of patches side by side, a word of two 16-bit
// elements of each in turn.
//
// In carried quads the raw half-words are 256 * b + a of filters a and b, so that SMLAD on them adds 256 sums of b plus
// sums of a; SXTB16 gives a alone. Two filters cost one SXTB16 rather than two.

#include "blocks.h"

namespace tinyhost::simd {

namespace {

/// Where loops end.
struct Bounds {
  Bounds(const BlockJob& job, const uint32_t* patches)
      : patches_end(patches + 4 * job.n_pairs), n_quads(job.n_pairs / 2) {}
  const uint32_t* patches_end;
  int32_t n_quads;  // of elements
};

/// The sums of two filters over four lanes.
struct Sums {
  Four a;
  Four b;
};

#ifdef __ARM_FEATURE_SIMD32

// GCC 12 spills in these loops, which need all 14 registers: 8 sums, 2 pointers, 2 of weights, 2 of patches.
#define TINYHOST_STEP(odd)              \
  "ldr %[w], [%[weights]], #8\n"        \
  "ldrd %[x], %[y], [%[patches]], #8\n" \
  "sxtb16 %[e], %[w]\n" odd             \
  "smlad %[a0], %[e], %[x], %[a0]\n"    \
  "smlad %[b0], %[w], %[x], %[b0]\n"    \
  "smlad %[a1], %[e], %[y], %[a1]\n"    \
  "smlad %[b1], %[w], %[y], %[b1]\n"    \
  "ldrd %[x], %[y], [%[patches]], #8\n" \
  "smlad %[a2], %[e], %[x], %[a2]\n"    \
  "smlad %[b2], %[w], %[x], %[b2]\n"    \
  "smlad %[a3], %[e], %[y], %[a3]\n"    \
  "smlad %[b3], %[w], %[y], %[b3]\n"
#define TINYHOST_LOOP(odd) \
  __asm__(                                                                                                          \
      "ldr %[x], %[n]\n"                                                                                            \
      "lsls %[x], %[x], #31\n"                                                                                      \
      "bpl 1f\n" TINYHOST_STEP(odd) TINYHOST_STEP(odd) "ldr %[x], %[end]\n"                                         \
      "cmp %[patches], %[x]\n"                                                                                      \
      "beq 2f\n"                                                                                                    \
      "1:\n" TINYHOST_STEP(odd) TINYHOST_STEP(odd) TINYHOST_STEP(odd) TINYHOST_STEP(odd) "ldr %[x], %[end]\n"       \
      "cmp %[patches], %[x]\n"                                                                                      \
      "bne 1b\n"                                                                                                    \
      "2:\n"                                                                                                        \
      : [a0] "+r"(sums.a.a), [a1] "+r"(sums.a.b), [a2] "+r"(sums.a.c), [a3] "+r"(sums.a.d), [b0] "+r"(sums.b.a),    \
        [b1] "+r"(sums.b.b), [b2] "+r"(sums.b.c), [b3] "+r"(sums.b.d), [weights] "+r"(weights),                     \
        [patches] "+r"(patches), [w] "=&r"(w), [e] "=&r"(e), [x] "=&r"(x), [y] "=&r"(y)                             \
      : [end] "m"(bounds.patches_end), [n] "m"(bounds.n_quads)                                                                                  \
      : "cc", "memory")

/// 12 instructions per 16 multiply-accumulates of carried quads, 13 of plain ones, and 3 more every 64.
template <bool kCarried>
__attribute__((always_inline)) inline void TwoFiltersFourLanes(const uint32_t* weights, const uint32_t* patches,
                                                               const Bounds& bounds, Sums& sums) {
  uint32_t w, e, x, y;
  if constexpr (kCarried) {
    TINYHOST_LOOP("");
  } else {
    TINYHOST_LOOP("sxtb16 %[w], %[w], ror #8\n");
  }
}
#undef TINYHOST_LOOP
#undef TINYHOST_STEP

#else

template <bool kCarried>
void TwoFiltersFourLanes(const uint32_t* weights, const uint32_t* patches, const Bounds& bounds, Sums& sums) {
  for (; patches != bounds.patches_end; weights += 2) {
    const uint32_t a = EvenBytes(*weights);
    const uint32_t b = kCarried ? *weights : OddBytes(*weights);
    sums.a.Each([&, lane = patches](uint32_t& sum) mutable { sum = DualMultiplyAdd(a, *lane++, sum); });
    sums.b.Each([&](uint32_t& sum) { sum = DualMultiplyAdd(b, *patches++, sum); });
  }
}

#endif

/// The sums of a block's four filters over one lane, unfolded or as the bytes that it unfolds from: 17 or 19
/// instructions per 16 multiply-accumulates of carried quads.
#ifdef __ARM_FEATURE_SIMD32
#define TINYHOST_LOOP(load, odd0, odd1)                                                                        \
  __asm__("1:\n" load                                                                                          \
          "ldrd %[w0], %[w1], [%[weights]], #8\n"                                                              \
          "sxtb16 %[e0], %[w0]\n"                                                                              \
          "sxtb16 %[e1], %[w1]\n" odd0 odd1                                                                    \
          "smlad %[a], %[e0], %[x], %[a]\n"                                                                    \
          "smlad %[b], %[w0], %[x], %[b]\n"                                                                    \
          "smlad %[c], %[e1], %[x], %[c]\n"                                                                    \
          "smlad %[d], %[w1], %[x], %[d]\n"                                                                    \
          "ldrd %[w0], %[w1], [%[weights]], #8\n"                                                              \
          "cmp %[patch], %[end]\n"                                                                             \
          "sxtb16 %[e0], %[w0]\n"                                                                              \
          "sxtb16 %[e1], %[w1]\n" odd0 odd1                                                                    \
          "smlad %[a], %[e0], %[y], %[a]\n"                                                                    \
          "smlad %[b], %[w0], %[y], %[b]\n"                                                                    \
          "smlad %[c], %[e1], %[y], %[c]\n"                                                                    \
          "smlad %[d], %[w1], %[y], %[d]\n"                                                                    \
          "bne 1b\n"                                                                                           \
          : [a] "+r"(sums.a), [b] "+r"(sums.b), [c] "+r"(sums.c), [d] "+r"(sums.d), [weights] "+r"(weights),   \
            [patch] "+r"(patch), [w0] "=&r"(w0), [w1] "=&r"(w1), [e0] "=&r"(e0), [e1] "=&r"(e1), [x] "=&r"(x), \
            [y] "=&r"(y)                                                                                       \
          : [end] "r"(end)                                                                                     \
          : "cc", "memory")
#define TINYHOST_PAIRS "ldrd %[x], %[y], [%[patch]], #8\n"
#define TINYHOST_BYTES "ldr %[y], [%[patch]], #4\nsxtb16 %[x], %[y]\nsxtb16 %[y], %[y], ror #8\n"
template <bool kCarried, bool kUnfolded>
inline void FourFiltersOneLane(const uint32_t* weights, const uint32_t* patch, const uint32_t* end, Four& sums) {
  uint32_t w0, w1, e0, e1, x, y;
  if constexpr (kUnfolded && kCarried) {
    TINYHOST_LOOP(TINYHOST_PAIRS, "", "");
  } else if constexpr (kUnfolded) {
    TINYHOST_LOOP(TINYHOST_PAIRS, "sxtb16 %[w0], %[w0], ror #8\n", "sxtb16 %[w1], %[w1], ror #8\n");
  } else if constexpr (kCarried) {
    TINYHOST_LOOP(TINYHOST_BYTES, "", "");
  } else {
    TINYHOST_LOOP(TINYHOST_BYTES, "sxtb16 %[w0], %[w0], ror #8\n", "sxtb16 %[w1], %[w1], ror #8\n");
  }
}
#undef TINYHOST_BYTES
#undef TINYHOST_PAIRS
#undef TINYHOST_LOOP
#else
template <bool kCarried>
const uint32_t* AddPair(const uint32_t* weights, uint32_t pair, Four& sums) {
  sums.a = DualMultiplyAdd(EvenBytes(weights[0]), pair, sums.a);
  sums.b = DualMultiplyAdd(kCarried ? weights[0] : OddBytes(weights[0]), pair, sums.b);
  sums.c = DualMultiplyAdd(EvenBytes(weights[1]), pair, sums.c);
  sums.d = DualMultiplyAdd(kCarried ? weights[1] : OddBytes(weights[1]), pair, sums.d);
  return weights + 2;
}

template <bool kCarried, bool kUnfolded>
void FourFiltersOneLane(const uint32_t* weights, const uint32_t* patch, const uint32_t* end, Four& sums) {
  for (; patch != end; ++patch) {
    const uint32_t word = Load(patch);
    weights = AddPair<kCarried>(weights, kUnfolded ? word : EvenBytes(word), sums);
    if (!kUnfolded) weights = AddPair<kCarried>(weights, OddBytes(word), sums);
  }
}
#endif

/// Where sums of a pair of filters start: with the biases, carried like the weights.
template <bool kCarried>
inline uint32_t SecondBias(const ChannelConstants* pair) {
  const uint32_t bias = static_cast<uint32_t>(pair[1].bias);
  return kCarried ? (bias << 8) + static_cast<uint32_t>(pair[0].bias) : bias;
}

/// The second filter's sum, out of one that carries the first's.
inline uint32_t Uncarried(uint32_t sum, uint32_t first) {
  return static_cast<uint32_t>(static_cast<int32_t>(sum - first) >> 8);
}

/// Where the outputs of lanes go; a lane that repeats another writes the same byte again.
struct LaneOffsets {
  LaneOffsets(int32_t n_lanes, int32_t pixel_bytes)
      : second(pixel_bytes), third(pixel_bytes * (n_lanes > 2 ? 2 : 1)), fourth(pixel_bytes * (n_lanes - 1)) {}
  int32_t second, third, fourth;

  __attribute__((always_inline)) void Store(const Four& values, int8_t* output) const {
    output[0] = static_cast<int8_t>(values.a);
    output[second] = static_cast<int8_t>(values.b);
    output[third] = static_cast<int8_t>(values.c);
    output[fourth] = static_cast<int8_t>(values.d);
  }
};

template <bool kCarried>
__attribute__((noinline)) void FourLanes(const BlockJob& job, const BoundedRequantizer& requantizer,
                                         const uint32_t* patches, int32_t n_lanes, int8_t* output) {
  const uint32_t* weights = job.weights;
  const ChannelConstants* channels = job.channels;
  const ChannelConstants* end = channels + job.n_filters;
  const Bounds bounds(job, patches);
  const LaneOffsets lanes(n_lanes, job.pixel_bytes);
  int32_t to_next = 1;
  while (true) {
    const uint32_t bias = static_cast<uint32_t>(channels[0].bias);
    const uint32_t second_bias = SecondBias<kCarried>(channels);
    Sums sums = {{bias, bias, bias, bias}, {second_bias, second_bias, second_bias, second_bias}};
    TwoFiltersFourLanes<kCarried>(weights, patches, bounds, sums);
    if (kCarried) {
      sums.b = {Uncarried(sums.b.a, sums.a.a), Uncarried(sums.b.b, sums.a.b), Uncarried(sums.b.c, sums.a.c),
                Uncarried(sums.b.d, sums.a.d)};
    }
    requantizer.Apply(channels[0], sums.a);
    lanes.Store(sums.a, output);
    if (++channels == end) return;
    requantizer.Apply(channels[0], sums.b);
    lanes.Store(sums.b, output + 1);
    if (++channels == end) return;
    output += 2;
    weights += to_next;
    to_next = 2 * job.n_pairs - to_next;
  }
}

template <bool kCarried, bool kUnfolded>
void OneLane(const BlockJob& job, const BoundedRequantizer& requantizer, const uint32_t* patch, int8_t* output) {
  const uint32_t* end = patch + (kUnfolded ? job.n_pairs : job.n_pairs / 2);
  const uint32_t* weights = job.weights;
  const ChannelConstants* channels = job.channels;
  for (int32_t left = job.n_filters; left > 0; left -= 4, channels += 4, output += 4, weights += 2 * job.n_pairs) {
    Four sums = {static_cast<uint32_t>(channels[0].bias), SecondBias<kCarried>(channels),
                 static_cast<uint32_t>(channels[2].bias), SecondBias<kCarried>(channels + 2)};
    FourFiltersOneLane<kCarried, kUnfolded>(weights, patch, end, sums);
    if (kCarried) sums.b = Uncarried(sums.b, sums.a), sums.d = Uncarried(sums.d, sums.c);
    requantizer.Apply4(channels, sums);
    output[0] = static_cast<int8_t>(sums.a);
    if (left > 1) output[1] = static_cast<int8_t>(sums.b);
    if (left > 2) output[2] = static_cast<int8_t>(sums.c);
    if (left > 3) output[3] = static_cast<int8_t>(sums.d);
  }
}

}  // namespace

void RunFourLanes(const BlockJob& job, bool carried, const BoundedRequantizer& requantizer, const uint32_t* patches,
                  int32_t n_lanes, int8_t* output) {
  (carried ? FourLanes<true> : FourLanes<false>)(job, requantizer, patches, n_lanes, output);
}

void RunOneLane(const BlockJob& job, bool carried, const BoundedRequantizer& requantizer, const uint32_t* patch,
                int8_t* output) {
  (carried ? OneLane<true, true> : OneLane<false, true>)(job, requantizer, patch, output);
}

void RunOneRow(const BlockJob& job, bool carried, const BoundedRequantizer& requantizer, const int8_t* row,
               int8_t* output) {
  const uint32_t* words = reinterpret_cast<const uint32_t*>(row);
  (carried ? OneLane<true, false> : OneLane<false, false>)(job, requantizer, words, output);
}

}  // namespace tinyhost::simd
