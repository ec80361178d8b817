#include <string>

#include "bindings.h"

namespace {

PyObject* g_status_error = nullptr;

}  // namespace

namespace tinyhost {

void ThrowUnlessOk(Status status, const char* what) {
  if (status == Status::kOk) return;
  nanobind::object error =
      nanobind::borrow(g_status_error)(nanobind::str((std::string(what) + ": " + StatusName(status)).c_str()));
  error.attr("status") = static_cast<int>(status);
  PyErr_SetObject(g_status_error, error.ptr());
  throw nanobind::python_error();
}

}  // namespace tinyhost

NB_MODULE(_firmware, module) {
  module.doc() = "The firmware's portable libraries, compiled for this computer.";
  g_status_error = PyErr_NewException("tinyhost._firmware.StatusError", PyExc_RuntimeError, nullptr);
  module.attr("StatusError") = nanobind::borrow(g_status_error);
  tinyhost::BindAnomaly(module);
  tinyhost::BindCore(module);
  tinyhost::BindEngine(module);
  tinyhost::BindFrontend(module);
  tinyhost::BindGestures(module);
  tinyhost::BindModelStore(module);
  tinyhost::BindMotion(module);
  tinyhost::BindProtocol(module);
  tinyhost::BindVision(module);
}
