#pragma once

#include <nanobind/ndarray.h>

#include <cstddef>
#include <initializer_list>

namespace tinyhost {

/// A new numpy array; `data` gets the address of its elements.
template <typename T>
nanobind::ndarray<nanobind::numpy, T> NewArray(std::initializer_list<size_t> shape, T** data) {
  size_t n = 1;
  for (const size_t side : shape) n *= side;
  *data = new T[n + 1];
  nanobind::capsule owner(*data, [](void* pointer) noexcept { delete[] static_cast<T*>(pointer); });
  return nanobind::ndarray<nanobind::numpy, T>(*data, shape, owner);
}

}  // namespace tinyhost
