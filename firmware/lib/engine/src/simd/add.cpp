// ADD and SUB of two int8 tensors. TFLM brings both to twice the larger scale: the one of that scale is only shifted;
// the other and the sum are multiplied and rounded twice. About 18 instructions per element. Rows are the whole tensors
// where none is broadcast, or one is a single element. Scales of another form are left to the portable kernels.

#include "../kernels/add.h"

#include "../kernels/broadcast.h"
#include "../kernels/fixed_point.h"
#include "clamp.h"
#include "kernels.h"
#include "scaling.h"

namespace tinyhost::simd {

namespace {

constexpr int32_t kHalf = 1 << 30;       // Q31
constexpr int32_t kMaxOutputShift = 22;  // so that a zero point, shifted, fits

bool IsShiftOnly(const AddParams& p, int i) { return p.input_multiplier[i] == kHalf && p.input_shift[i] == 0; }

int WideInput(const AddParams& p) { return IsShiftOnly(p, 0) ? 0 : 1; }

/// True if one input is only shifted, and the multiplications are of the form that Scaling takes.
bool Fits(const AddParams& p) {
  const int wide = WideInput(p), other = 1 - wide;
  const bool scaled = p.input_multiplier[other] >= kHalf && p.input_shift[other] < 0;
  return IsShiftOnly(p, wide) && (scaled || IsShiftOnly(p, other)) && p.output_multiplier >= kHalf &&
         p.output_shift < 0 && p.output_shift >= -kMaxOutputShift;
}

/// The sum of an element that is only shifted, times kWideSign, and another one; kSubtracts: less that.
template <bool kSubtracts, int32_t kWideSign>
class AddRun {
 public:
  AddRun(const OperatorView& op, const AddParams& p, int wide)
      : scaled_factor_(1 << kAddLeftShift),
        scaled_(p.input_multiplier[1 - wide], 1),
        output_(p.output_multiplier, -p.output_shift),
        wide_offset_(op.inputs[wide].zero_point * kWideFactor) {
    if (p.input_shift[1 - wide] == 0) {
      scaled_factor_ *= 2;  // twice the value, halved again: no rounding
    } else {
      scaled_ = Scaling(p.input_multiplier[1 - wide], -p.input_shift[1 - wide]);
    }
    scaled_offset_ = op.inputs[1 - wide].zero_point * scaled_factor_;
    output_.constant += op.output.zero_point * (1 << output_.shift);
  }

  int8_t operator()(int32_t wide, int32_t other) const {
    const int32_t scaled = scaled_(other * scaled_factor_ - scaled_offset_);
    const int32_t sum = WrappingAdd(kSubtracts ? -scaled : scaled, wide * kWideFactor - wide_offset_);
    return static_cast<int8_t>(SaturateToByte(output_(sum)));
  }

 private:
  static constexpr int32_t kWideFactor = kWideSign * (1 << (kAddLeftShift - 1));

  int32_t scaled_factor_;
  int32_t scaled_offset_;
  Scaling scaled_;
  Scaling output_;
  int32_t wide_offset_;
};

/// A row of an input; step: 0 if its element repeats.
struct RowInput {
  const int8_t* data;
  int32_t step;
};

/// n elements of tensors of one shape.
template <bool kSubtracts, int32_t kWideSign>
TINYHOST_HOT void AddElements(const OperatorView& op, int wide, const RowInput (&inputs)[2], uint32_t n,
                              int8_t* output) {
  const AddRun<kSubtracts, kWideSign> add(op, *op.params<AddParams>(), wide);
  const int8_t *a = inputs[wide].data, *b = inputs[1 - wide].data;
  for (const int8_t* end = output + n; output != end;) *output++ = add(*a++, *b++);
}

/// All rows of n elements, which an input that is no larger than one has in common.
template <bool kSubtracts, int32_t kWideSign>
TINYHOST_HOT void AddRows(const OperatorView& op, int wide, const RowInput (&inputs)[2], uint32_t n_all, uint32_t n,
                          int8_t* output) {
  const AddRun<kSubtracts, kWideSign> add(op, *op.params<AddParams>(), wide);
  RowInput a = inputs[wide], b = inputs[1 - wide];
  // Back to the start of what repeats, once a row; of a single element there is no way back.
  const int32_t back_a = op.inputs[wide].n_bytes > n ? 0 : a.step * static_cast<int32_t>(n);
  const int32_t back_b = op.inputs[1 - wide].n_bytes > n ? 0 : b.step * static_cast<int32_t>(n);
  for (const int8_t* end = output + n_all; output != end; a.data -= back_a, b.data -= back_b) {
    const int8_t* row_end = output + n;
    for (; output != row_end; a.data += a.step, b.data += b.step) *output++ = add(*a.data, *b.data);
  }
}

template <int32_t kSign>
TINYHOST_COLD void AddInputs(const OperatorView& op, const RowInput (&inputs)[2], uint32_t n_all, uint32_t n,
                             int8_t* output) {
  const int wide = WideInput(*op.params<AddParams>());
  const bool flat = n == n_all && inputs[0].step == 1 && inputs[1].step == 1;
  constexpr bool kSubtracts = kSign < 0;
  if (wide == 0) {
    if (flat) return AddElements<kSubtracts, 1>(op, wide, inputs, n, output);
    return AddRows<kSubtracts, 1>(op, wide, inputs, n_all, n, output);
  }
  if (flat) return AddElements<false, kSign>(op, wide, inputs, n, output);
  AddRows<false, kSign>(op, wide, inputs, n_all, n, output);
}

template <int32_t kSign>
void RunRow(const OperatorView& op, const int8_t* a, int32_t step_a, const int8_t* b, int32_t step_b, int32_t n,
            int8_t* output) {
  AddInputs<kSign>(op, {{a, step_a}, {b, step_b}}, static_cast<uint32_t>(n), static_cast<uint32_t>(n), output);
}

/// How many elements an input has before it repeats; 0 if it does otherwise than from its start.
TINYHOST_COLD uint32_t Period(const TensorView& input, const TensorView& output) {
  const Shape4 in = ExtendShape(input), out = ExtendShape(output);
  int d = 3;
  while (d >= 0 && in.dims[d] == out.dims[d]) --d;
  for (; d >= 0; --d) {
    if (in.dims[d] != 1) return 0;
  }
  return input.n_bytes;
}

template <int32_t kSign>
void Run(const OperatorView& op) {
  const AddParams& params = *op.params<AddParams>();
  if (!Fits(params)) return (kSign < 0 ? kSubKernel : kAddKernel).run(op);
  const uint32_t n_all = op.output.n_bytes;
  uint32_t n = n_all;
  RowInput inputs[2];
  for (int i = 0; i < 2; ++i) {
    const uint32_t period = Period(op.inputs[i], op.output);
    if (period == 0) n = 0;
    if (period > 1 && period < n) n = period;
    inputs[i] = {op.input_data<int8_t>(static_cast<size_t>(i)), op.inputs[i].n_bytes == 1 ? 0 : 1};
  }
  const bool fits = n > 1 && (inputs[0].step == 0 || inputs[1].step == 0 || op.inputs[0].n_bytes == n_all ||
                              op.inputs[1].n_bytes == n_all);
  if (fits) {
    AddInputs<kSign>(op, inputs, n_all, n, op.output_data<int8_t>());
  } else {
    ForEachRow(op, RunRow<kSign>);
  }
  ClampOutput(op, params.activation_min, params.activation_max);
}

}  // namespace

const Kernel kAdd{OperatorCode::kAdd, 2, sizeof(AddParams), CheckAdd, Run<1>};
const Kernel kSub{OperatorCode::kSub, 2, sizeof(AddParams), CheckAdd, Run<-1>};

}  // namespace tinyhost::simd
