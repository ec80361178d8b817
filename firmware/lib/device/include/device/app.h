#pragma once

#include <cstddef>
#include <cstdint>

#include "core/bytes.h"
#include "core/status.h"
#include "core/text.h"
#include "device/setting_table.h"
#include "engine/engine.h"
#include "hal/camera.h"
#include "hal/sampling.h"
#include "hal/self_test.h"
#include "protocol/messages.h"

namespace tinyhost {

/// One sample of the app's sensor: a picture of width x height pixels, or a clip or window of `height` moments with
/// `width` int16 values each.
struct Sample {
  Bytes bytes;
  uint16_t width;
  uint16_t height;
};

/// The result of one inference. Scores are the model's int8 output, unchanged.
struct Result {
  Prediction prediction;
  const DetectedObject* objects;  // owned by the app, until the next result
  int32_t margin;                 // distance to the nearest other prediction, in units of Setting.UNSURE_MARGIN
  int8_t scores[kMaxScores];
  int8_t smoothed[kMaxScores];
};

/// What the samples that an app just took completed.
enum class Completed : uint8_t {
  kNothing,
  kStride,  // a stride: it has new features
  kWindow,  // a stride and a whole window: the model may run
};

/// The model's features of the newest stride.
struct StrideFeatures {
  const int8_t* values;
  uint16_t n_values;
  uint16_t peak;  // largest absolute sample of the stride
  uint16_t rms;
};

class Looking;
struct Request;

/// The live loop of a camera, in device/looking.h: only programs of apps that name it contain it.
struct PictureLoop {
  uint64_t (*next_step_us)(const Looking& looking);
  Status (*step)(Looking* looking, uint64_t now_us);
  void (*on_snapshot)(Looking* looking, const Request& request);
};
extern const PictureLoop kPictureLoop;

/// How an app takes pictures.
struct Camera {
  Status (*take)(const SettingTable& settings, uint8_t* pixels, size_t capacity, hal::CameraFrame* frame);
  const PictureLoop* loop;
};

/// How the samples of a continuous sensor become the model's input. Sensor functions are as in hal/microphone.h.
struct SampleInput {
  Status (*describe_sensor)(hal::SensorDescription* description);
  Status (*start_sensor)(hal::Sampling* sampling);
  void (*stop_sensor)();
  Status (*read_sensor)(int16_t* samples, size_t max, hal::SampleBlock* block);
  uint8_t n_channels;
  uint16_t read_period_ms;  // between two reads

  /// Why samples like these cannot become the active model's input: kModelMismatch, kSampleRate, kSampleScale; kOk if
  /// they can. An unknown rate or scale is 0.
  Status (*check)(const hal::Sampling& sampling);
  /// Forgets all samples; the next ones come at this rate.
  void (*restart)(uint32_t rate_mhz);
  /// Takes samples that follow the previous ones, up to the end of a stride; returns how many.
  size_t (*take)(const int16_t* samples, size_t n_samples, Completed* completed);
  /// After a stride, until the next call of take().
  StrideFeatures (*features)();
  /// After kWindow: fills the engine's input tensor with the window.
  Status (*fill)(const Engine& engine);
  /// How many of the newest samples belong to a window that is kept because the model is unsure of it.
  size_t (*window_samples)();
};

/// How an app turns a run of the model into one number, or stops it early. Tensors share memory, so the app looks at
/// each one before it is overwritten.
struct Scoring {
  /// Called before operator 0, with the input in place. Returns the operator after which watch() wants to be called, or
  /// engine.n_operators() for none.
  size_t (*begin)(const Engine& engine);
  /// Returns whether a live inference continues after that operator.
  bool (*watch)(const Engine& engine);
  /// Called after the last operator that ran.
  int32_t (*score)(const Engine& engine);
};

/// The self-test of the app's sensor, as in hal/camera.h.
struct SelfTest {
  uint16_t (*n_parts)();
  void (*run)(uint16_t part, hal::FindingList* findings);
};

class Host;
class ModelRunner;

/// Text commands, which the app accepts outside of a session, in place of predictions as text.
struct TextCommands {
  /// Called once, when the device has started.
  void (*begin)(ModelRunner* runner, Host* host);
  /// Takes one byte from the link.
  void (*take)(uint8_t byte);
  /// Continues the work of a command for a moment; returns whether there was anything to do.
  bool (*step)();
  /// Called when a session begins: cancels the running command.
  void (*cancel)();
};

/// The interface of an app to the device that runs it. Functions are called from AppBegin() and AppPoll() only.
///
/// Apps set the fields by name, in this order and without leaving one out before the last that they set: the real
/// board's compiler (GCC 7) accepts no other designated initializers.
struct App {
  const char* name;
  SensorKind sensor;
  MutableBytes arena;   // of the engine, 16-byte aligned
  MutableBytes sample;  // room for the largest sample, 4-byte aligned
  const SettingSpec* settings;
  size_t n_settings;

  /// Returns kModelMismatch if this app cannot use the loaded model.
  Status (*check_model)(const Engine& engine);
  /// Called after a suitable model was loaded: takes its defaults for settings, forgets earlier results.
  void (*start_model)(const Engine& engine, SettingTable* settings);
  /// Fills the engine's input tensor from one sample, independent of earlier samples.
  Status (*prepare)(const Sample& sample, const Engine& engine);
  /// Interprets the engine's output tensor: sets everything in `result` except position, ticks and status. `time_us`
  /// grows from one result to the next.
  void (*conclude)(const Engine& engine, const SettingTable& settings, uint64_t time_us, Result* result);
  /// Adds the result in a few words, e.g. "person 87%"; nothing if it is not worth a line.
  void (*describe)(const Engine& engine, const Result& result, Text* text);

  /// Null if the app has no self-test of its sensor.
  const SelfTest* self_test = nullptr;
  /// Null if the sensor is not a camera.
  const Camera* camera = nullptr;
  /// Null if the sensor is a camera.
  const SampleInput* sample_input = nullptr;
  /// Null if the result is not one number.
  const Scoring* scoring = nullptr;
  /// Null if the app has no commands in text.
  const TextCommands* text_commands = nullptr;
};

/// The app of this firmware; each folder of firmware/apps defines its own.
const App& TheApp();

/// Starts the device: finds the active model and the settings. After hal::BoardBegin().
void AppBegin();
/// Answers requests of the host and takes at most one live step; otherwise sleeps a little. Call it repeatedly.
void AppPoll();

}  // namespace tinyhost
