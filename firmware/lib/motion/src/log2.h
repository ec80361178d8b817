#pragma once

#include <cstdint>

namespace tinyhost {

/// log2 of x >= 1 in Q16, within 2 units of the last place; Log2(1) is 0.
int32_t Log2Q16(uint64_t x);

}  // namespace tinyhost
