#include <nanobind/ndarray.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include <tuple>
#include <utility>
#include <vector>

#include "bindings.h"
#include "vision/heat_map.h"
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

using Scores = nb::ndarray<const int8_t, nb::ndim<3>, nb::c_contig, nb::device::cpu>;
using Found = std::tuple<int, int, int, int, int, int>;

SeenWindow WindowOf(std::pair<int, int> frame, std::pair<int, int> input) {
  for (const int side : {frame.first, frame.second, input.first, input.second}) {
    if (side < 1 || side > kMaxPictureSide) ThrowUnlessOk(Status::kBadArgument, "seen_window");
  }
  const TensorView tensor{TensorType::kInt8, 4, {1, input.first, input.second, 1}, 1.0f, 0, 0, nullptr};
  return SeenWindowOf(frame.second, frame.first, tensor);
}

std::tuple<int, int, int, int> SeenWindowBinding(std::pair<int, int> frame, std::pair<int, int> input) {
  const SeenWindow window = WindowOf(frame, input);
  return {window.left, window.top, window.width, window.height};
}

std::pair<std::vector<Found>, size_t> FindObjects(Scores scores, int threshold, std::pair<int, int> frame,
                                                  std::pair<int, int> input) {
  if (scores.shape(0) < 1 || scores.shape(1) < 1 || scores.shape(0) > kMaxHeatMapSide ||
      scores.shape(1) > kMaxHeatMapSide || scores.shape(2) > UINT8_MAX) {
    ThrowUnlessOk(Status::kBadArgument, "find_objects");
  }
  const HeatMap map{scores.data(), static_cast<int>(scores.shape(0)), static_cast<int>(scores.shape(1)),
                    static_cast<int>(scores.shape(2))};
  const SeenWindow window = WindowOf(frame, input);
  BlobList list{};
  FindBlobs(map, threshold, &list);
  std::vector<Found> found;
  for (size_t i = 0; i < list.n; ++i) {
    const Blob& blob = list.blobs[i];
    const BlobPlace place = PlaceOf(blob, map, window);
    found.emplace_back(place.x, place.y, place.width, place.height, blob.score, blob.label);
  }
  return {std::move(found), list.n_left_out};
}

}  // namespace

void BindVision(nb::module_& module) {
  module.def(
      "preprocess_frame", &PreparePictureBinding, nb::arg("gray"), nb::arg("shape"),
      nb::arg("pixel_map") = std::pair<int32_t, int32_t>(PixelMap().multiplier, PixelMap().offset),
      "Return what the firmware feeds a model of input `shape` (height, width, channels) from a grayscale frame.");
  module.def("seen_window", &SeenWindowBinding, nb::arg("frame"), nb::arg("input"),
             "Return (left, top, width, height) of what a model of input (height, width) sees of such a frame.");
  module.def("find_objects", &FindObjects, nb::arg("scores"), nb::arg("threshold"), nb::arg("frame"), nb::arg("input"),
             "Return the objects (x, y, width, height, score, label) of a heat map, the best first, and how many cells "
             "found no room.");
}

}  // namespace tinyhost
