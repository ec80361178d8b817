#pragma once

#include <cstddef>
#include <cstdint>

namespace tinyhost {

/// A range of bytes with another owner.
struct Bytes {
  const uint8_t* data = nullptr;
  size_t size = 0;
};

/// A range of bytes to write to.
struct MutableBytes {
  uint8_t* data = nullptr;
  size_t size = 0;
};

/// The bytes of an object without padding, in memory order: little-endian on every board.
template <typename T>
Bytes BytesOf(const T& object) {
  return {reinterpret_cast<const uint8_t*>(&object), sizeof(T)};
}

}  // namespace tinyhost
