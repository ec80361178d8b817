// MUL of two int8 tensors, four elements at a time: about 10 instructions per element. Rows are the whole tensors where
// none is broadcast, or one is a single element. Scales that the short form of requantization does not take are left to
// the portable kernel.

#include "../kernels/broadcast.h"
#include "clamp.h"
#include "kernels.h"
#include "scaling.h"

namespace tinyhost::simd {

namespace {

constexpr int32_t kMaxShift = 22;  // so that a zero point, shifted, fits

bool Fits(const MulParams& p) { return p.multiplier >= 1 << 30 && p.shift < 0 && p.shift >= -kMaxShift; }

/// Minus a zero point, in both half-words.
uint32_t Negated(int32_t zero_point) { return static_cast<uint32_t>(-zero_point & 0xFFFF) * 0x10001u; }

/// A row of one of the inputs.
struct RowInput {
  const int8_t* data;
  int32_t zero_point;
};

/// n products of a row; b's is a single element if it repeats.
template <bool kRepeats>
TINYHOST_HOT void Multiply(const OperatorView& op, RowInput a, RowInput b, int32_t n, int8_t* output) {
  const MulParams& p = *op.params<MulParams>();
  const uint32_t minus_a = Negated(a.zero_point), minus_b = Negated(b.zero_point);
  Scaling scaling(p.multiplier, -p.shift);
  scaling.constant += op.output.zero_point * (1 << scaling.shift);
  const auto store = [&](int32_t i, uint32_t product) {
    output[i] = static_cast<int8_t>(SaturateToByte(scaling(static_cast<int32_t>(product))));
  };
  const uint32_t repeated = static_cast<uint8_t>(*b.data) * 0x01010101u;
  for (; n >= 4; n -= 4, a.data += 4, output += 4) {
    const uint32_t word_a = Load(a.data), word_b = kRepeats ? repeated : Load(b.data);
    const uint32_t even_a = AddEvenBytes(minus_a, word_a), even_b = AddEvenBytes(minus_b, word_b);
    const uint32_t odd_a = AddOddBytes(minus_a, word_a), odd_b = AddOddBytes(minus_b, word_b);
    store(0, MultiplyAddLowLow(even_a, even_b, 0));
    store(1, MultiplyAddLowLow(odd_a, odd_b, 0));
    store(2, MultiplyAddHighHigh(even_a, even_b, 0));
    store(3, MultiplyAddHighHigh(odd_a, odd_b, 0));
    if (!kRepeats) b.data += 4;
  }
  for (; n > 0; --n, ++a.data, ++output) {
    store(0, static_cast<uint32_t>((*a.data - a.zero_point) * (*b.data - b.zero_point)));
    if (!kRepeats) ++b.data;
  }
}

TINYHOST_COLD void RunRow(const OperatorView& op, const int8_t* a, int32_t step_a, const int8_t* b, int32_t step_b,
                          int32_t n, int8_t* output) {
  const RowInput row_a{a, op.inputs[0].zero_point}, row_b{b, op.inputs[1].zero_point};
  if (step_a == 0 && step_b == 0) {  // only a hostile image has more than one element of both
    for (; n > 0; --n) Multiply<true>(op, row_a, row_b, 1, output++);
    return;
  }
  if (step_a == 0) return Multiply<true>(op, row_b, row_a, n, output);
  if (step_b == 0) return Multiply<true>(op, row_a, row_b, n, output);
  Multiply<false>(op, row_a, row_b, n, output);
}

void Run(const OperatorView& op) {
  const MulParams& p = *op.params<MulParams>();
  if (!Fits(p)) return kMulKernel.run(op);
  const uint32_t n = op.output.n_bytes, n_a = op.inputs[0].n_bytes, n_b = op.inputs[1].n_bytes;
  if ((n_a == n || n_a == 1) && (n_b == n || n_b == 1)) {
    RunRow(op, op.input_data<int8_t>(0), n_a == n, op.input_data<int8_t>(1), n_b == n, static_cast<int32_t>(n),
           op.output_data<int8_t>());
  } else {
    ForEachRow(op, RunRow);
  }
  ClampOutput(op, p.activation_min, p.activation_max);
}

/// The portable one's.
Status Check(const OperatorView& op, uint64_t* work) { return kMulKernel.check(op, work); }

}  // namespace

const Kernel kMul{OperatorCode::kMul, 2, sizeof(MulParams), Check, Run};

}  // namespace tinyhost::simd
