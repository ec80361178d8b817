#include <nanobind/ndarray.h>
#include <nanobind/stl/pair.h>

#include <cstring>
#include <utility>
#include <vector>

#include "anomaly/alarm.h"
#include "anomaly/params.h"
#include "anomaly/score.h"
#include "bindings.h"
#include "new_array.h"

namespace nb = nanobind;

namespace tinyhost {

namespace {

using Rows = nb::ndarray<const int8_t, nb::ndim<2>, nb::c_contig, nb::device::cpu>;
using Scores = nb::ndarray<const int32_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using Quantization = std::pair<float, int32_t>;

TensorView Describe(size_t n, const Quantization& quantization) {
  return {
      TensorType::kInt8, 1, {static_cast<int32_t>(n), 1, 1, 1}, quantization.first, quantization.second, n, nullptr};
}

nb::ndarray<nb::numpy, int32_t> ReconstructionErrors(Rows inputs, Rows outputs, Quantization input_quantization,
                                                     Quantization output_quantization) {
  if (inputs.shape(0) != outputs.shape(0)) ThrowUnlessOk(Status::kBadArgument, "reconstruction_error");
  const size_t n = inputs.shape(1);
  ReconstructionScale scale;
  ThrowUnlessOk(ReconstructionScale::From(Describe(n, input_quantization),
                                          Describe(outputs.shape(1), output_quantization), &scale),
                "reconstruction_error");
  int32_t* scores;
  auto result = NewArray<int32_t>({inputs.shape(0)}, &scores);
  for (size_t row = 0; row < inputs.shape(0); ++row) {
    scores[row] = ReconstructionError(inputs.data() + row * n, outputs.data() + row * n, n, scale);
  }
  return result;
}

/// A copy of a model's task data, aligned as in an image.
class TaskData {
 public:
  explicit TaskData(const nb::bytes& data) : words_(data.size() / sizeof(uint32_t) + 1) {
    std::memcpy(words_.data(), data.data(), data.size());
    const Bytes bytes{reinterpret_cast<const uint8_t*>(words_.data()), data.size()};
    ThrowUnlessOk(OpenAnomalyParams(bytes, &view_), "anomaly parameters");
  }
  TaskData(const TaskData&) = delete;
  TaskData& operator=(const TaskData&) = delete;

  const AnomalyView& view() const { return view_; }

 private:
  std::vector<uint32_t> words_;
  AnomalyView view_{};
};

/// A scorer with its parameters.
class PyAnomalyScorer {
 public:
  PyAnomalyScorer(const nb::bytes& task_data, Quantization input, Quantization output) : task_data_(task_data) {
    const size_t n = view_.n_features();
    ThrowUnlessOk(scorer_.Configure(view_, Describe(n, input), Describe(n, output),
                                    Describe(view_.params->n_dimensions, {1.0f, 0})),
                  "anomaly scorer");
  }
  /// Returns (n, 4): score, reconstruction, distance, nearest.
  nb::ndarray<nb::numpy, int32_t> Score(Rows inputs, Rows outputs, Rows embeddings) const {
    const size_t n = view_.n_features();
    const size_t n_rows = inputs.shape(0);
    const bool fits = inputs.shape(1) == n && Fits(outputs, n_rows, n, view_.uses_reconstruction()) &&
                      Fits(embeddings, n_rows, view_.params->n_dimensions, view_.uses_embedding());
    if (!fits) ThrowUnlessOk(Status::kBadArgument, "anomaly scorer");
    int32_t* scores;
    auto result = NewArray<int32_t>({n_rows, 4}, &scores);
    for (size_t row = 0; row < n_rows; ++row) {
      const AnomalyScore score = scorer_.Score(inputs.data() + row * n, outputs.data() + row * outputs.shape(1),
                                               embeddings.data() + row * embeddings.shape(1));
      *scores++ = score.score;
      *scores++ = score.reconstruction;
      *scores++ = score.distance;
      *scores++ = score.nearest;
    }
    return result;
  }

 private:
  static bool Fits(const Rows& rows, size_t n_rows, size_t n, bool is_used) {
    return !is_used || (rows.shape(0) == n_rows && rows.shape(1) == n);
  }

  TaskData task_data_;
  const AnomalyView& view_ = task_data_.view();
  AnomalyScorer scorer_;
};

nb::ndarray<nb::numpy, uint8_t> UpdateAlarm(Alarm& alarm, Scores scores, int32_t threshold, int32_t hysteresis,
                                            uint16_t raise_windows, uint16_t clear_windows) {
  uint8_t* states;
  auto result = NewArray<uint8_t>({scores.shape(0)}, &states);
  const AlarmConfig config{threshold, hysteresis, raise_windows, clear_windows};
  for (size_t i = 0; i < scores.shape(0); ++i) {
    states[i] = static_cast<uint8_t>(alarm.Update(scores.data()[i], config));
  }
  return result;
}

nb::ndarray<nb::numpy, int32_t> UpdateBaseline(ScoreBaseline& baseline, Scores scores) {
  int32_t* values;
  auto result = NewArray<int32_t>({scores.shape(0)}, &values);
  for (size_t i = 0; i < scores.shape(0); ++i) {
    baseline.Update(scores.data()[i]);
    values[i] = baseline.value();
  }
  return result;
}

}  // namespace

void BindAnomaly(nb::module_& module) {
  module.def("reconstruction_error", &ReconstructionErrors, nb::arg("inputs"), nb::arg("outputs"),
             nb::arg("input_quantization"), nb::arg("output_quantization"),
             "Return Q16 mean squared errors between rows; a quantization is (scale, zero point).");
  module.def("combine_scores", &CombineScores, nb::arg("reconstruction"), nb::arg("distance"),
             nb::arg("reconstruction_gain"), nb::arg("distance_gain"), "Return the weighted sum of two scores, Q16.");
  module.def(
      "check_anomaly_params", [](const nb::bytes& task_data) { (void)TaskData(task_data); }, nb::arg("task_data"),
      "Raise StatusError if the firmware would refuse a model's task data.");
  nb::class_<PyAnomalyScorer>(module, "AnomalyScorer", "The firmware's anomaly score, of a model's task data.")
      .def(nb::init<const nb::bytes&, Quantization, Quantization>(), nb::arg("task_data"),
           nb::arg("input_quantization"), nb::arg("output_quantization"))
      .def("score", &PyAnomalyScorer::Score, nb::arg("inputs"), nb::arg("outputs"), nb::arg("embeddings"),
           "Return (n, 4) Q16: score, reconstruction, distance, and the nearest centroid's index.");
  nb::class_<Alarm>(module, "Alarm", "The firmware's alarm: hysteresis and minimum duration.")
      .def(nb::init<>())
      .def("update", &UpdateAlarm, nb::arg("scores"), nb::arg("threshold"), nb::arg("hysteresis"),
           nb::arg("raise_windows"), nb::arg("clear_windows"), "Return the AlarmState after each score.")
      .def_prop_ro("n_alarms", &Alarm::n_alarms);
  nb::class_<ScoreBaseline>(module, "ScoreBaseline", "The firmware's slow mean of scores.")
      .def(
          "__init__",
          [](ScoreBaseline* self, int32_t seed, uint8_t shift) {
            new (self) ScoreBaseline();
            self->Seed(seed, shift);
          },
          nb::arg("seed"), nb::arg("shift"))
      .def("update", &UpdateBaseline, nb::arg("scores"), "Return the baseline after each score.")
      .def_prop_ro("drift", &ScoreBaseline::drift);
}

}  // namespace tinyhost
