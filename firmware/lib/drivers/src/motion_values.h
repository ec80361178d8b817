#pragma once

#include <cstdint>

namespace tinyhost {

/// A value of a motion sensor's FIFO.
inline int16_t MotionValue(const uint8_t* bytes) { return static_cast<int16_t>(bytes[0] | bytes[1] << 8); }

}  // namespace tinyhost
