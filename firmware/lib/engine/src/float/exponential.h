#pragma once

namespace tinyhost {

/// exp(x), equal to the bit to glibc's expf, on every processor.
float Exponential(float x);

/// The natural logarithm, equal to the bit to glibc's logf; NaN for numbers below 0.
float Logarithm(float x);

/// exp(x) - 1 and tanh(x), within 1 ulp.
float ExponentialMinusOne(float x);
float HyperbolicTangent(float x);

}  // namespace tinyhost
