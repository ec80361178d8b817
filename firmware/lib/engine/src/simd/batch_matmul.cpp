// BATCH_MATMUL with dual multiply-accumulate: four elements of a row with those of four columns take 23 instructions.

#include "../kernels/batch_matmul.h"

#include "kernels.h"
#include "simd.h"

namespace tinyhost::simd {

namespace {

/// The negated zero point in both half-words.
uint32_t Negated(int32_t zero_point) { return static_cast<uint32_t>(-zero_point & 0xFFFF) * 0x10001u; }

class Sums {
 public:
  static constexpr int32_t kColumns = 4;

  Sums(int32_t zero_point_a, int32_t zero_point_b, int32_t depth)
      : zero_point_a_(zero_point_a), zero_point_b_(zero_point_b), depth_(depth) {}

  /// Missing columns are replaced by the first one.
  void operator()(const int8_t* a, const int8_t* b, int32_t n, uint32_t sums[kColumns]) const {
    const uint32_t minus_a = Negated(zero_point_a_), minus_b = Negated(zero_point_b_);
    const int8_t* columns[kColumns];
    for (int32_t i = 0; i < kColumns; ++i) columns[i] = b + (i < n ? i * depth_ : 0);
    uint32_t sum0 = 0, sum1 = 0, sum2 = 0, sum3 = 0;
    int32_t i = 0;
    for (; i + 4 <= depth_; i += 4) {
      const uint32_t word = Load(a + i), even = AddEvenBytes(minus_a, word), odd = AddOddBytes(minus_a, word);
      const auto add = [&](const int8_t* column, uint32_t& sum) {
        const uint32_t other = Load(column + i);
        sum = DualMultiplyAdd(even, AddEvenBytes(minus_b, other), sum);
        sum = DualMultiplyAdd(odd, AddOddBytes(minus_b, other), sum);
      };
      add(columns[0], sum0);
      add(columns[1], sum1);
      add(columns[2], sum2);
      add(columns[3], sum3);
    }
    sums[0] = sum0, sums[1] = sum1, sums[2] = sum2, sums[3] = sum3;
    for (; i < depth_; ++i) {
      for (int32_t c = 0; c < kColumns; ++c) {
        sums[c] += static_cast<uint32_t>((a[i] - zero_point_a_) * (columns[c][i] - zero_point_b_));
      }
    }
  }

 private:
  int32_t zero_point_a_;
  int32_t zero_point_b_;
  int32_t depth_;
};

}  // namespace

const Kernel kBatchMatmul{OperatorCode::kBatchMatmul, 2, sizeof(MulParams), CheckBatchMatmul, RunBatchMatmul<Sums>};

}  // namespace tinyhost::simd
