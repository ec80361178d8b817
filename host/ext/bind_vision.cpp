#include <nanobind/ndarray.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/tuple.h>

#include <tuple>
#include <utility>

#include "bindings.h"
#include "vision/picture.h"

namespace nb = nanobind;

namespace tinyhost {

namespace {

using Frame = nb::ndarray<const uint8_t, nb::ndim<2>, nb::c_contig, nb::device::cpu>;
using Picture = nb::ndarray<nb::numpy, int8_t, nb::ndim<3>>;

Picture PreparePictureBinding(Frame gray, std::tuple<int, int, int> shape, std::pair<int32_t, int32_t> pixel_map) {
  const auto [height, width, channels] = shape;
  if (height < 1 || width < 1 || height > kMaxPictureSide || width > kMaxPictureSide ||
      gray.shape(0) > kMaxPictureSide || gray.shape(1) > kMaxPictureSide || (channels != 1 && channels != 3)) {
    ThrowUnlessOk(Status::kBadArgument, "preprocess_frame");
  }
  const size_t n_bytes = static_cast<size_t>(height) * static_cast<size_t>(width) * static_cast<size_t>(channels);
  auto* pixels = new int8_t[n_bytes];
  nb::capsule owner(pixels, [](void* data) noexcept { delete[] static_cast<int8_t*>(data); });
  const TensorView input{TensorType::kInt8, 4, {1, height, width, channels}, 1.0f, 0, n_bytes, pixels};
  ThrowUnlessOk(PreparePicture(gray.data(), static_cast<int>(gray.shape(1)), static_cast<int>(gray.shape(0)),
                               PixelMap{pixel_map.first, pixel_map.second}, input),
                "preprocess_frame");
  const size_t dims[3] = {static_cast<size_t>(height), static_cast<size_t>(width), static_cast<size_t>(channels)};
  return Picture(pixels, 3, dims, owner);
}

}  // namespace

void BindVision(nb::module_& module) {
  module.def(
      "preprocess_frame", &PreparePictureBinding, nb::arg("gray"), nb::arg("shape"),
      nb::arg("pixel_map") = std::pair<int32_t, int32_t>(PixelMap().multiplier, PixelMap().offset),
      "Return what the firmware feeds a model of input `shape` (height, width, channels) from a grayscale frame.");
}

}  // namespace tinyhost
