#pragma once

namespace tinyhost {

/// sin(x + n_quarters * pi / 2), to the bit as glibc's sinf and cosf give it; of what is infinite no number.
float Sine(float x, int n_quarters);

}  // namespace tinyhost
