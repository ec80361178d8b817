#include <nanobind/ndarray.h>
#include <nanobind/stl/string.h>

#include <cstring>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>

#include "bindings.h"
#include "engine/engine.h"

namespace nb = nanobind;

namespace tinyhost {

namespace {

constexpr size_t kDefaultArenaBytes = 1 << 20;

/// Memory as in the firmware: aligned, of a fixed size.
class AlignedBytes {
 public:
  explicit AlignedBytes(size_t n_bytes) : n_bytes_(n_bytes) {
    data_.reset(static_cast<uint8_t*>(::operator new(n_bytes + 1, kAlignment)));
    std::memset(data_.get(), 0, n_bytes + 1);
  }
  uint8_t* data() const { return data_.get(); }
  size_t size() const { return n_bytes_; }

 private:
  static constexpr std::align_val_t kAlignment{kImageAlignment};
  struct Deleter {
    void operator()(uint8_t* data) const { ::operator delete(data, kAlignment); }
  };
  std::unique_ptr<uint8_t, Deleter> data_;
  size_t n_bytes_;
};

nb::dlpack::dtype DlpackType(TensorType type) {
  switch (type) {
    case TensorType::kInt8:
      return nb::dtype<int8_t>();
    case TensorType::kUint8:
      return nb::dtype<uint8_t>();
    case TensorType::kFloat32:
      return nb::dtype<float>();
    case TensorType::kInt32:
      return nb::dtype<int32_t>();
    case TensorType::kInt16:
      return nb::dtype<int16_t>();
  }
  throw std::logic_error("TensorType");
}

/// A copy of a tensor as a numpy array.
nb::ndarray<nb::numpy> ToNumpy(const TensorView& tensor) {
  auto* copy = new uint8_t[tensor.n_bytes];
  std::memcpy(copy, tensor.data, tensor.n_bytes);
  nb::capsule owner(copy, [](void* data) noexcept { delete[] static_cast<uint8_t*>(data); });
  size_t shape[kMaxRank];
  for (size_t d = 0; d < tensor.rank; ++d) shape[d] = static_cast<size_t>(tensor.dims[d]);
  return nb::ndarray<nb::numpy>(copy, tensor.rank, shape, owner, nullptr, DlpackType(tensor.type));
}

nb::dict Describe(const TensorView& tensor) {
  nb::list shape;
  for (size_t d = 0; d < tensor.rank; ++d) shape.append(tensor.dims[d]);
  nb::dict info;
  info["dtype"] = TensorTypeName(tensor.type);
  info["shape"] = nb::tuple(shape);
  info["scale"] = tensor.scale;
  info["zero_point"] = tensor.zero_point;
  info["n_bytes"] = tensor.n_bytes;
  return info;
}

/// An engine with its own image and arena, as on a board.
class PyEngine {
 public:
  PyEngine(size_t arena_bytes, bool simd)
      : image_(0), arena_(arena_bytes), engine_(simd ? SimdKernelFor : PortableKernelFor) {}

  void Load(nb::bytes image) {
    engine_.Unload();
    image_ = AlignedBytes(image.size());
    std::memcpy(image_.data(), image.data(), image.size());
    ThrowUnlessOk(engine_.Load(image_.data(), image_.size(), arena_.data(), arena_.size()), "load");
  }

  Engine& loaded() {
    if (!engine_.loaded()) ThrowUnlessOk(Status::kNoModel, "engine");
    return engine_;
  }

  void SetInput(nb::ndarray<nb::ro, nb::c_contig, nb::device::cpu> values) {
    CopyInput(values.data(), values.nbytes());
  }
  void SetInputBytes(nb::bytes values) { CopyInput(values.data(), values.size()); }

  void Invoke() { ThrowUnlessOk(loaded().Invoke(), "invoke"); }
  void InvokeRange(size_t first, size_t last) { ThrowUnlessOk(loaded().InvokeRange(first, last), "invoke_range"); }

  TensorView OperatorOutput(size_t index) {
    if (index >= loaded().n_operators()) throw nb::index_error("operator index");
    return engine_.operator_output(index);
  }

  const char* OperatorName(size_t index) {
    if (index >= loaded().n_operators()) throw nb::index_error("operator index");
    return OperatorCodeName(engine_.operator_code(index));
  }

  nb::list Labels() {
    nb::list labels;
    for (size_t i = 0; i < loaded().metadata().n_labels; ++i) {
      const char* label = engine_.label(i);
      labels.append(nb::steal(PyUnicode_DecodeUTF8(label, static_cast<Py_ssize_t>(std::strlen(label)), "replace")));
    }
    return labels;
  }

 private:
  void CopyInput(const void* values, size_t n_bytes) {
    const TensorView input = loaded().input();
    if (n_bytes != input.n_bytes) {
      const std::string expected = std::to_string(input.n_bytes);
      throw nb::value_error(("input: expected " + expected + " B, got " + std::to_string(n_bytes) + " B").c_str());
    }
    std::memcpy(input.data, values, n_bytes);
  }

  AlignedBytes image_;
  AlignedBytes arena_;
  Engine engine_;
};

}  // namespace

void BindEngine(nb::module_& module) {
  nb::class_<PyEngine>(module, "Engine", "The firmware's inference engine, with an image and an arena of its own.")
      .def(nb::init<size_t, bool>(), nb::arg("arena_bytes") = kDefaultArenaBytes, nb::arg("simd") = false,
           "simd: the kernels for Cortex-M4, with its instructions emulated; results are the same.")
      .def("load", &PyEngine::Load, nb::arg("image"), "Load a model image; raises StatusError if it is refused.")
      .def("set_input", &PyEngine::SetInputBytes, nb::arg("values"))
      .def("set_input", &PyEngine::SetInput, nb::arg("values"), "Copy bytes or an array into the input tensor.")
      .def("invoke", &PyEngine::Invoke, "Run every operator.")
      .def(
          "reset", [](PyEngine& self) { self.loaded().Reset(); }, "Clear what the model keeps between inferences.")
      .def_prop_ro("has_state", [](PyEngine& self) { return self.loaded().has_state(); })
      .def("invoke_range", &PyEngine::InvokeRange, nb::arg("first"), nb::arg("last"), "Run operators [first, last).")
      .def(
          "input", [](PyEngine& self) { return ToNumpy(self.loaded().input()); }, "Return a copy of the input tensor.")
      .def(
          "output", [](PyEngine& self) { return ToNumpy(self.loaded().output()); },
          "Return a copy of the output tensor.")
      .def(
          "operator_output", [](PyEngine& self, size_t index) { return ToNumpy(self.OperatorOutput(index)); },
          nb::arg("index"), "Return a copy of an operator's output; valid right after that operator ran.")
      .def("operator_name", &PyEngine::OperatorName, nb::arg("index"))
      .def_prop_ro("n_operators", [](PyEngine& self) { return self.loaded().n_operators(); })
      .def_prop_ro("input_info", [](PyEngine& self) { return Describe(self.loaded().input()); })
      .def_prop_ro("output_info", [](PyEngine& self) { return Describe(self.loaded().output()); })
      .def_prop_ro("labels", &PyEngine::Labels)
      .def_prop_ro("work", [](PyEngine& self) { return self.loaded().work(); });
}

}  // namespace tinyhost
