#include <nanobind/ndarray.h>

#include <algorithm>
#include <vector>

#include "bindings.h"
#include "frontend/frontend.h"

namespace nb = nanobind;

namespace tinyhost {

namespace {

using Pcm = nb::ndarray<const int16_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using Raw = nb::ndarray<const uint16_t, nb::ndim<2>, nb::c_contig, nb::device::cpu>;

/// A two-dimensional numpy array with a copy of the values.
template <typename T>
nb::ndarray<nb::numpy, T, nb::ndim<2>> ToRows(const std::vector<T>& values, size_t n_rows, size_t n_columns) {
  auto* copy = new T[values.size() + 1];
  std::copy(values.begin(), values.end(), copy);
  nb::capsule owner(copy, [](void* data) noexcept { delete[] static_cast<T*>(data); });
  return {copy, {n_rows, n_columns}, owner};
}

/// Collects the rows of n_columns values that `row` writes for each stride that the samples complete.
template <typename T, typename Row>
nb::ndarray<nb::numpy, T, nb::ndim<2>> Feed(Frontend& frontend, Pcm pcm, size_t n_columns, Row row) {
  std::vector<T> rows;
  {
    nb::gil_scoped_release release;
    for (size_t i = 0; i < pcm.shape(0);) {
      bool is_complete;
      i += frontend.Take(pcm.data() + i, pcm.shape(0) - i, &is_complete);
      if (!is_complete) continue;
      rows.resize(rows.size() + n_columns);
      row(rows.data() + rows.size() - n_columns);
    }
  }
  return ToRows(rows, rows.size() / n_columns, n_columns);
}

nb::ndarray<nb::numpy, uint16_t, nb::ndim<2>> FeedRaw(Frontend& frontend, Pcm pcm) {
  const size_t n = frontend.n_channels();
  return Feed<uint16_t>(frontend, pcm, n, [&](uint16_t* row) { std::copy_n(frontend.raw(), n, row); });
}

nb::ndarray<nb::numpy, int8_t, nb::ndim<2>> FeedFeatures(Frontend& frontend, Pcm pcm) {
  return Feed<int8_t>(frontend, pcm, frontend.n_features(), [&](int8_t* row) { frontend.Features(row); });
}

nb::ndarray<nb::numpy, int8_t, nb::ndim<2>> Quantize(Raw raw) {
  std::vector<int8_t> quantized(raw.size());
  for (size_t i = 0; i < raw.size(); ++i) quantized[i] = QuantizedFeature(raw.data()[i]);
  return ToRows(quantized, raw.shape(0), raw.shape(1));
}

void Construct(Frontend* self, uint32_t sample_rate_hz, uint16_t window_ms, uint16_t stride_ms, uint16_t lower_band_hz,
               uint16_t upper_band_hz, uint8_t n_channels, uint8_t variant, uint8_t n_coefficients) {
  Frontend frontend;
  ThrowUnlessOk(frontend.Configure({sample_rate_hz, window_ms, stride_ms, lower_band_hz, upper_band_hz, n_channels,
                                    static_cast<FrontendVariant>(variant), n_coefficients}),
                "frontend");
  new (self) Frontend(frontend);
}

}  // namespace

void BindFrontend(nb::module_& module) {
  nb::class_<Frontend>(module, "Frontend", "The firmware's audio micro-frontend.")
      .def("__init__", &Construct, nb::kw_only(), nb::arg("sample_rate_hz"), nb::arg("window_ms"), nb::arg("stride_ms"),
           nb::arg("lower_band_hz"), nb::arg("upper_band_hz"), nb::arg("n_channels"), nb::arg("variant"),
           nb::arg("n_coefficients"))
      .def("feed", &FeedRaw, nb::arg("pcm"), "Return the raw features of the strides that the samples complete.")
      .def("features", &FeedFeatures, nb::arg("pcm"), "Return what a model takes of these strides.")
      .def_static("quantize", &Quantize, nb::arg("raw"), "Return raw features as a model's int8 input.")
      .def("reset", &Frontend::Reset, "Forget all sound.")
      .def_prop_ro("n_channels", &Frontend::n_channels)
      .def_prop_ro("window_samples", &Frontend::window_samples)
      .def_prop_ro("stride_samples", &Frontend::stride_samples);
}

}  // namespace tinyhost
