#pragma once

namespace tinyhost {

/// sin(x + n_quarters * pi / 2), equal to the bit to glibc's sinf and cosf; NaN for infinities.
float Sine(float x, int n_quarters);

}  // namespace tinyhost
