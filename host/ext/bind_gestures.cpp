#include <nanobind/ndarray.h>

#include <algorithm>
#include <vector>

#include "bindings.h"
#include "gestures/steps.h"
#include "new_array.h"

namespace nb = nanobind;

namespace tinyhost {

namespace {

using Moments = nb::ndarray<const int16_t, nb::shape<-1, kGestureChannels>, nb::c_contig, nb::device::cpu>;

nb::ndarray<nb::numpy, int8_t> GestureSteps(Moments moments, uint32_t rate_mhz, uint32_t step_mhz) {
  Stepper stepper;
  ThrowUnlessOk(stepper.Start(rate_mhz, step_mhz), "gesture_steps");
  std::vector<int8_t> steps;
  for (size_t i = 0; i < moments.shape(0); ++i) {
    int8_t step[kGestureChannels];
    if (stepper.Take(moments.data() + i * kGestureChannels, step)) {
      steps.insert(steps.end(), step, step + kGestureChannels);
    }
  }
  int8_t* values;
  auto result = NewArray<int8_t>({steps.size() / kGestureChannels, kGestureChannels}, &values);
  std::copy(steps.begin(), steps.end(), values);
  return result;
}

nb::ndarray<nb::numpy, int8_t> GestureWindow(Moments moments, size_t n_steps) {
  if (n_steps > kMaxGestureSteps) ThrowUnlessOk(Status::kBadArgument, "gesture_window");
  int8_t* values;
  auto result = NewArray<int8_t>({n_steps, kGestureChannels}, &values);
  ThrowUnlessOk(WindowSteps(moments.data(), moments.shape(0), n_steps, values), "gesture_window");
  return result;
}

}  // namespace

void BindGestures(nb::module_& module) {
  module.def("gesture_steps", &GestureSteps, nb::arg("moments"), nb::arg("rate_mhz"), nb::arg("step_mhz"));
  module.def("gesture_window", &GestureWindow, nb::arg("moments"), nb::arg("n_steps"));
}

}  // namespace tinyhost
