#include <nanobind/ndarray.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <vector>

#include "bindings.h"
#include "motion/features.h"
#include "new_array.h"

namespace nb = nanobind;

namespace tinyhost {

namespace {

using Windows = nb::ndarray<const int16_t, nb::shape<-1, -1, 3>, nb::c_contig, nb::device::cpu>;

nb::ndarray<nb::numpy, int16_t> MotionFeaturesBinding(Windows windows, const std::vector<uint16_t>& band_edges) {
  const size_t n_fft = windows.shape(1);
  if (n_fft > kMaxFftPoints || band_edges.size() < 2 || band_edges.size() > kMaxBands + 1) {
    ThrowUnlessOk(Status::kBadArgument, "motion_features");
  }
  MotionConfig config{};
  config.n_fft = static_cast<uint16_t>(n_fft);
  config.n_bands = static_cast<uint16_t>(band_edges.size() - 1);
  std::copy(band_edges.begin(), band_edges.end(), config.band_edges);
  MotionFeatures motion;
  ThrowUnlessOk(motion.Configure(config), "motion_features");
  int16_t* features;
  auto result = NewArray<int16_t>({windows.shape(0), kMotionAxes, FeaturesPerAxis(config)}, &features);
  for (size_t i = 0; i < windows.shape(0); ++i) {
    motion.Compute(windows.data() + i * n_fft * kMotionAxes, features + i * MotionFeatureCount(config));
  }
  return result;
}

using Features = nb::ndarray<const int16_t, nb::ndim<2>, nb::c_contig, nb::device::cpu>;
using Offsets = nb::ndarray<const int16_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using Multipliers = nb::ndarray<const int32_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>;

nb::ndarray<nb::numpy, int8_t> QuantizeFeaturesBinding(Features features, Offsets offsets, Multipliers multipliers) {
  const size_t n_features = features.shape(1);
  if (offsets.shape(0) != n_features || multipliers.shape(0) != n_features) {
    ThrowUnlessOk(Status::kBadArgument, "quantize_motion_features");
  }
  int8_t* values;
  auto result = NewArray<int8_t>({features.shape(0), n_features}, &values);
  const int16_t* feature = features.data();
  for (size_t row = 0; row < features.shape(0); ++row) {
    for (size_t i = 0; i < n_features; ++i) {
      *values++ = QuantizeFeature(*feature++, {offsets.data()[i], multipliers.data()[i]});
    }
  }
  return result;
}

}  // namespace

void BindMotion(nb::module_& module) {
  module.def("motion_features", &MotionFeaturesBinding, nb::arg("windows"), nb::arg("band_edges"),
             "Return (n, 3, n_bands + 3) int16 features, in 1/256 of log2, of (n, n_fft, 3) int16 windows.");
  module.def("quantize_motion_features", &QuantizeFeaturesBinding, nb::arg("features"), nb::arg("offsets"),
             nb::arg("multipliers"), "Return what the firmware feeds a model of (n, n_features) int16 features.");
}

}  // namespace tinyhost
