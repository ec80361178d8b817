// ADD of two int8 tensors of the same shape, four elements at a time. TFLM brings both to twice the larger scale: the
// one of that scale is only shifted; the other and the sum are multiplied and rounded twice. About 18 instructions per
// element. Whatever is not of this form, as with broadcasting, is left to the portable kernel.

#include "../kernels/add.h"

#include "../kernels/fixed_point.h"
#include "clamp.h"
#include "kernels.h"
#include "scaling.h"

namespace tinyhost::simd {

namespace {

constexpr int32_t kHalf = 1 << 30;       // Q31
constexpr int32_t kMaxOutputShift = 22;  // so that a zero point, shifted, fits

bool IsShiftOnly(const AddParams& p, int i) { return p.input_multiplier[i] == kHalf && p.input_shift[i] == 0; }

/// True if input `wide` is only shifted, and the multiplications are of the form that Scaling takes.
bool Fits(const OperatorView& op, const AddParams& p, int wide) {
  const int other = 1 - wide;
  const bool scaled = p.input_multiplier[other] >= kHalf && p.input_shift[other] < 0;
  const bool same_shape = op.inputs[0].n_bytes == op.output.n_bytes && op.inputs[1].n_bytes == op.output.n_bytes;
  return same_shape && IsShiftOnly(p, wide) && (scaled || IsShiftOnly(p, other)) && p.output_multiplier >= kHalf &&
         p.output_shift < 0 && p.output_shift >= -kMaxOutputShift;
}

class AddRun {
 public:
  AddRun(const OperatorView& op, const AddParams& p, int wide)
      : scaled_factor_(1 << kAddLeftShift),
        scaled_(p.input_multiplier[1 - wide], 1),
        output_(p.output_multiplier, -p.output_shift),
        wide_offset_(op.inputs[wide].zero_point * (1 << (kAddLeftShift - 1))) {
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
    const int32_t sum = WrappingAdd(scaled, wide * (1 << (kAddLeftShift - 1)) - wide_offset_);
    return static_cast<int8_t>(SaturateToByte(output_(sum)));
  }

 private:
  int32_t scaled_factor_;
  int32_t scaled_offset_;
  Scaling scaled_;
  Scaling output_;
  int32_t wide_offset_;
};

void Run(const OperatorView& op) {
  const AddParams& params = *op.params<AddParams>();
  const int wide = IsShiftOnly(params, 0) ? 0 : 1;
  if (!Fits(op, params, wide)) return RunAdd(op);
  const AddRun add(op, params, wide);
  const int8_t* a = op.input_data<int8_t>(static_cast<size_t>(wide));
  const int8_t* b = op.input_data<int8_t>(static_cast<size_t>(1 - wide));
  int8_t* output = op.output_data<int8_t>();
  for (const int8_t* end = output + op.output.n_bytes; output != end;) *output++ = add(*a++, *b++);
  ClampOutput(op, params.activation_min, params.activation_max);
}

}  // namespace

const Kernel kAdd{OperatorCode::kAdd, 2, sizeof(AddParams), CheckAdd, Run};

}  // namespace tinyhost::simd
