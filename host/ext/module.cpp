#include "bindings.h"

namespace {

PyObject* g_status_error = nullptr;

}  // namespace

namespace tinyhost {

void ThrowUnlessOk(Status status, const char* what) {
  if (status == Status::kOk) return;
  PyObject* arguments =
      Py_BuildValue("(Bs)", static_cast<unsigned char>(status), what);  // StatusError(code, what); str() names the status
  if (arguments != nullptr) {
    PyObject* message = PyUnicode_FromFormat("%s: %s", what, StatusName(status));
    PyObject* error = PyObject_CallFunctionObjArgs(g_status_error, message, nullptr);
    PyObject* code = PyLong_FromLong(static_cast<long>(status));
    if (error != nullptr && code != nullptr) {
      PyObject_SetAttrString(error, "status", code);
      PyErr_SetObject(g_status_error, error);
    }
    Py_XDECREF(code);
    Py_XDECREF(error);
    Py_XDECREF(message);
    Py_DECREF(arguments);
  }
  throw nanobind::python_error();
}

}  // namespace tinyhost

NB_MODULE(_firmware, module) {
  module.doc() = "The firmware's portable libraries, compiled for this computer.";
  g_status_error = PyErr_NewException("tinyhost._firmware.StatusError", PyExc_RuntimeError, nullptr);
  module.attr("StatusError") = nanobind::borrow(g_status_error);
  tinyhost::BindCore(module);
  tinyhost::BindEngine(module);
  tinyhost::BindVision(module);
}
