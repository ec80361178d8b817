// Operators of one tensor, element by element: INT16_SCALE, INT16_SIGMOID, INT16_QUANTIZE, INT16_DEQUANTIZE.

#include <cmath>
#include <limits>

#include "../kernels/fixed_point.h"
#include "../kernels/requantize.h"
#include "kernels.h"

namespace tinyhost {

namespace {

constexpr int kTableSize = 256;
constexpr int kRsqrtBits = 20;  // of fraction, while there is no output scale yet

bool IsInteger(const TensorRecord& tensor) { return tensor.type == TensorType::kInt8 || IsInt16(tensor); }

TINYHOST_COLD Status CheckElements(const OperatorView& op, bool valid, uint64_t* work) {
  if (!valid || ElementCount(*op.inputs[0]) != ElementCount(*op.output)) return Status::kImageParameter;
  *work += 2 * ElementCount(*op.output);
  return Status::kOk;
}

TINYHOST_COLD Status CheckScale(const OperatorView& op, uint64_t* work) {
  const Int16ScaleParams& p = *op.params<Int16ScaleParams>();
  bool valid = IsInteger(*op.inputs[0]) && IsInteger(*op.output) && p.activation_min <= p.activation_max &&
               p.negates <= 2 && p.is_rsqrt <= 1;
  if (p.is_rsqrt) valid = valid && IsInt16(*op.inputs[0]) && IsInt16(*op.output);
  for (int i = 0; i < 2; ++i) valid = valid && p.multiplier[i] >= 0 && ShiftInRange(p.shift[i]);
  return CheckElements(op, valid, work);
}

template <typename Input, typename Output>
void Scale(const OperatorView& op) {
  const Int16ScaleParams p = *op.params<Int16ScaleParams>();
  const int32_t zero_point = op.inputs[0]->zero_point, output_zero_point = op.output->zero_point;
  const Input* input = op.input_data<Input>();
  Output* output = op.output_data<Output>();
  for (size_t n = ElementCount(*op.output); n > 0; --n) {
    const int32_t x = *input++ - zero_point, below = x < 0;
    // ABS rounds the halves of a positive number, LEAKY_RELU of a slope below 0 those of a negative one.
    const int32_t factor = below && p.negates == 1 ? -x : x;
    int32_t scaled = MultiplyByQuantizedMultiplier(factor, p.multiplier[below], p.shift[below]);
    if (below && p.negates == 2) scaled = WrappingSubtract(0, scaled);
    *output++ = static_cast<Output>(Clamp(WrappingAdd(scaled, output_zero_point), p.activation_min, p.activation_max));
  }
}

int32_t InverseRoot(const Int16ScaleParams& p, int32_t x) {
  if (x <= 0) return p.activation_max;
  const QuantizedMultiplier inverse = InverseSquareRoot(x);
  const int32_t fine = MultiplyByQuantizedMultiplier(1, inverse.multiplier, inverse.shift + kRsqrtBits);
  return Clamp(MultiplyByQuantizedMultiplier(fine, p.multiplier[0], p.shift[0]), p.activation_min, p.activation_max);
}

void RunRsqrt(const OperatorView& op) {
  const Int16ScaleParams p = *op.params<Int16ScaleParams>();
  const int16_t* input = op.input_data<int16_t>();
  int16_t* output = op.output_data<int16_t>();
  for (size_t n = ElementCount(*op.output); n > 0; --n) *output++ = static_cast<int16_t>(InverseRoot(p, *input++));
}

void RunScale(const OperatorView& op) {
  if (op.params<Int16ScaleParams>()->is_rsqrt) return RunRsqrt(op);
  if (IsInt16(*op.inputs[0])) return (IsInt16(*op.output) ? Scale<int16_t, int16_t> : Scale<int16_t, int8_t>)(op);
  (IsInt16(*op.output) ? Scale<int8_t, int16_t> : Scale<int8_t, int8_t>)(op);
}

TINYHOST_COLD Status CheckSigmoid(const OperatorView& op, uint64_t* work) {
  const Int16SigmoidParams& p = *op.params<Int16SigmoidParams>();
  const bool valid = IsInt16(*op.inputs[0]) && IsInt16(*op.output) && p.multiplier >= 0 && p.multiplier <= UINT16_MAX &&
                     p.shift <= 31 && p.is_tanh <= 1 && op.image->Constants<uint16_t>(p.table_offset, kTableSize);
  return CheckElements(op, valid, work);
}

/// Interpolates between the table's entries, times 2^bits; returns `most` beyond its end.
uint32_t Interpolated(const uint16_t* table, uint32_t x, int bits, uint32_t most) {
  const uint32_t index = x >> bits;
  if (index >= kTableSize - 1) return most;
  const uint32_t fraction = x & ((uint32_t{1} << bits) - 1);
  return (uint32_t{table[index]} << bits) + fraction * (uint32_t{table[index + 1]} - table[index]);
}

/// Sigmoid in Q15 of x in units of 1 / (3 * 4096).
int16_t Sigmoid(const uint16_t* table, int32_t x) {
  const uint32_t result = Interpolated(table, static_cast<uint32_t>(x < 0 ? -x : x), 9, 0x7FFF << 10);
  const uint32_t signed_result = x >= 0 ? result + (1 << 9) : (1 << 25) - result + (1 << 9) - 1;
  return static_cast<int16_t>(signed_result >> 10);
}

/// Tanh in Q15, as 2 * sigmoid(2 x) - 1, of x in units of 1 / (3 * 8192).
int16_t Tanh(const uint16_t* table, int32_t x) {
  const auto result = static_cast<int32_t>(Interpolated(table, static_cast<uint32_t>(x < 0 ? -x : x), 8, 0xFFFF << 8));
  constexpr int32_t kOne = 1 << 23, kHalf = 1 << 7;
  return static_cast<int16_t>((x >= 0 ? result - kOne + kHalf : kOne - result + kHalf - 1) >> 8);
}

void RunSigmoid(const OperatorView& op) {
  const Int16SigmoidParams p = *op.params<Int16SigmoidParams>();
  const uint16_t* table = op.image->Constants<uint16_t>(p.table_offset, kTableSize);
  const int32_t half = p.shift > 0 ? static_cast<int32_t>(uint32_t{1} << (p.shift - 1)) : 0;
  const int16_t* input = op.input_data<int16_t>();
  int16_t* output = op.output_data<int16_t>();
  for (size_t n = ElementCount(*op.output); n > 0; --n) {
    const auto product =
        static_cast<int32_t>(static_cast<uint32_t>(int32_t{*input++}) * static_cast<uint32_t>(p.multiplier));
    const int32_t x = WrappingAdd(product, half) >> p.shift;
    *output++ = p.is_tanh ? Tanh(table, x) : Sigmoid(table, x);
  }
}

TINYHOST_COLD Status CheckQuantize(const OperatorView& op, uint64_t* work) {
  return CheckElements(op, op.inputs[0]->type == TensorType::kFloat32 && IsInt16(*op.output), work);
}

/// round(x / scale), halves away from zero, saturated; NaN becomes the minimum.
int16_t Quantize(float x, float scale) {
  const float rounded = std::round(x / scale);
  if (!(rounded > static_cast<float>(INT16_MIN))) return INT16_MIN;
  if (rounded > static_cast<float>(INT16_MAX)) return INT16_MAX;
  return static_cast<int16_t>(rounded);
}

void RunQuantize(const OperatorView& op) {
  const float* input = op.input_data<float>();
  int16_t* output = op.output_data<int16_t>();
  for (size_t n = ElementCount(*op.output); n > 0; --n) *output++ = Quantize(*input++, op.output->scale);
}

TINYHOST_COLD Status CheckDequantize(const OperatorView& op, uint64_t* work) {
  return CheckElements(op, IsInt16(*op.inputs[0]) && op.output->type == TensorType::kFloat32, work);
}

void RunDequantize(const OperatorView& op) {
  const int16_t* input = op.input_data<int16_t>();
  float* output = op.output_data<float>();
  for (size_t n = ElementCount(*op.output); n > 0; --n) *output++ = op.inputs[0]->scale * static_cast<float>(*input++);
}

}  // namespace

const Kernel kInt16ScaleKernel{OperatorCode::kInt16Scale, 1, sizeof(Int16ScaleParams), CheckScale, RunScale};
const Kernel kInt16SigmoidKernel{OperatorCode::kInt16Sigmoid, 1, sizeof(Int16SigmoidParams), CheckSigmoid, RunSigmoid};
const Kernel kInt16QuantizeKernel{OperatorCode::kInt16Quantize, 1, sizeof(QuantizeParams), CheckQuantize, RunQuantize};
const Kernel kInt16DequantizeKernel{OperatorCode::kInt16Dequantize, 1, sizeof(NoParams), CheckDequantize,
                                    RunDequantize};

}  // namespace tinyhost
