// FLOAT_UNARY: a function of each element; FLOAT_SOFTMAX along the last dimension.

#include <cmath>
#include <limits>

#include "exponential.h"
#include "kernels.h"
#include "sine.h"

namespace tinyhost {

namespace {

TINYHOST_COLD Status Check(const OperatorView& op, uint64_t* work) {
  if (!IsFloat(*op.inputs[0]) || !IsFloat(*op.output) || ElementCount(*op.inputs[0]) != ElementCount(*op.output) ||
      op.params<FloatUnaryParams>()->function > UnaryFunction::kCos) {
    return Status::kImageParameter;
  }
  *work += 8 * ElementCount(*op.output);
  return Status::kOk;
}

/// As in TFLM's reference kernel, which is exact enough in both tails.
float Logistic(float x) {
  constexpr float kUpper = 16.619047164916992188f, kLower = -9;
  if (x > kUpper) return 1;
  return x < kLower ? Exponential(x) : 1 / (1 + Exponential(-x));
}

float RoundedToEven(float x) {
  const float below = std::floor(x), rest = x - below;
  if (rest < 0.5f) return below;
  return rest > 0.5f || std::fmod(below, 2.0f) != 0 ? below + 1 : below;
}

float Apply(const FloatUnaryParams& p, float x) {
  switch (p.function) {
    case UnaryFunction::kRelu:
      return x < 0 ? 0 : x;
    case UnaryFunction::kRelu6:
      return x > 6 ? 6 : (x < 0 ? 0 : x);
    case UnaryFunction::kLogistic:
      return Logistic(x);
    case UnaryFunction::kTanh:
      return HyperbolicTangent(x);
    case UnaryFunction::kExp:
      return Exponential(x);
    case UnaryFunction::kElu:
      return x < 0 ? ExponentialMinusOne(x) : x;
    case UnaryFunction::kLeakyRelu:
      return x > 0 ? x : x * p.parameter;
    case UnaryFunction::kHardSwish:
      return x * ClampFloat(x + 3, 0, 6) / 6;
    case UnaryFunction::kAbs:
      return std::fabs(x);
    case UnaryFunction::kNeg:
      return -x;
    case UnaryFunction::kSquare:
      return x * x;
    case UnaryFunction::kSqrt:
      return std::sqrt(x);
    case UnaryFunction::kRsqrt:
      return 1 / std::sqrt(x);
    case UnaryFunction::kLog:
      return Logarithm(x);
    case UnaryFunction::kFloor:
      return std::floor(x);
    case UnaryFunction::kCeil:
      return std::ceil(x);
    case UnaryFunction::kRound:
      return RoundedToEven(x);
    case UnaryFunction::kSin:
      return Sine(x, 0);
    case UnaryFunction::kCos:
      return Sine(x, 1);
  }
  return 0;
}

void Run(const OperatorView& op) {
  const FloatUnaryParams p = *op.params<FloatUnaryParams>();
  const float* input = op.input_data<float>();
  float* output = op.output_data<float>();
  const size_t n = ElementCount(*op.output);
  for (size_t i = 0; i < n; ++i) output[i] = Apply(p, input[i]);
}

TINYHOST_COLD Status CheckSoftmax(const OperatorView& op, uint64_t* work) {
  const TensorRecord& input = *op.inputs[0];
  if (!IsFloat(input) || !IsFloat(*op.output) || input.rank < 1 || ElementCount(input) != ElementCount(*op.output)) {
    return Status::kImageParameter;
  }
  *work += 12 * ElementCount(input);
  return Status::kOk;
}

void RunSoftmaxRow(const float* input, int32_t depth, float beta, float* output) {
  float greatest = std::numeric_limits<float>::lowest();
  for (int32_t i = 0; i < depth; ++i) greatest = greatest < input[i] ? input[i] : greatest;
  float sum = 0;
  for (int32_t i = 0; i < depth; ++i) {
    output[i] = Exponential((input[i] - greatest) * beta);
    sum += output[i];
  }
  for (int32_t i = 0; i < depth; ++i) output[i] = output[i] / sum;
}

void RunSoftmax(const OperatorView& op) {
  const int32_t depth = op.inputs[0]->dims[op.inputs[0]->rank - 1];
  const float* input = op.input_data<float>();
  float* output = op.output_data<float>();
  const int32_t n_rows = static_cast<int32_t>(ElementCount(*op.inputs[0])) / depth;
  for (int32_t row = 0; row < n_rows; ++row, input += depth, output += depth) {
    RunSoftmaxRow(input, depth, op.params<FloatSoftmaxParams>()->beta, output);
  }
}

}  // namespace

const Kernel kFloatUnaryKernel{OperatorCode::kFloatUnary, 1, sizeof(FloatUnaryParams), Check, Run};
const Kernel kFloatSoftmaxKernel{OperatorCode::kFloatSoftmax, 1, sizeof(FloatSoftmaxParams), CheckSoftmax, RunSoftmax};

}  // namespace tinyhost
