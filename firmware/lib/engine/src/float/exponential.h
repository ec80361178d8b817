#pragma once

namespace tinyhost {

/// exp(x), to the bit as glibc's expf gives it, on every processor.
float Exponential(float x);

/// The natural logarithm, to the bit as glibc's logf gives it; of numbers below 0 none.
float Logarithm(float x);

/// exp(x) - 1 and tanh(x), within 1 ulp.
float ExponentialMinusOne(float x);
float HyperbolicTangent(float x);

}  // namespace tinyhost
