// MLPerf Tiny: any of its models, benchmarked by text commands instead of live predictions.
#include <algorithm>
#include <cmath>
#include <cstring>

#include "core/limits.h"
#include "device/app.h"
#include "device/host.h"
#include "device/model_runner.h"
#include "engine/image_view.h"
#include "hal/clock.h"
#include "mlperf/session.h"
#include "wake.h"

namespace tinyhost {
namespace {

constexpr size_t kBufferBytes = 40'000;            // 20 minutes of activations, after a stride of sound
constexpr uint32_t kLargeNetworkParams = 150'000;  // lies between the two networks for image classification

alignas(16) uint8_t arena[kMlperfAppLimits.arena_bytes];
alignas(4) uint8_t input_buffer[kBufferBytes];
alignas(4) uint8_t sample[1];  // the app has no sensor

ModelRunner* runner = nullptr;
Host* host = nullptr;

/// The anomaly detector gets its input as real numbers, and its answer is the distance between output and input.
bool IsReconstruction(const Engine& engine) { return ElementCount(engine.input()) == ElementCount(engine.output()); }

bool IsColourPicture(const TensorView& input) { return input.rank == 4 && input.dims[3] == 3; }

size_t InputBytes(void*) {
  const Engine& engine = runner->engine();
  if (!engine.loaded()) return 0;
  const size_t n = ElementCount(engine.input());
  return IsReconstruction(engine) || engine.input().type == TensorType::kFloat32 ? n * sizeof(float) : n;
}

/// The shapes of the model tell which benchmark it is for.
const char* ModelId(void*) {
  const Engine& engine = runner->engine();
  if (!engine.loaded()) return "none";
  const size_t n_in = ElementCount(engine.input());
  const size_t n_out = ElementCount(engine.output());
  if (n_in == 490 && n_out == 12) return "kws01";
  if (n_in == 96 * 96 * 3 && n_out == 2) return "vww01";
  if (n_in == 640 && n_out == 640) return "ad01";
  if (IsWakeWord(engine)) return "sww01";
  if (n_in == 32 * 32 * 3 && n_out == 10) return engine.metadata().n_params > kLargeNetworkParams ? "ic02" : "ic01";
  return engine.metadata().name;
}

int8_t Quantized(float value, const TensorView& tensor) {
  const float steps = std::round(value / tensor.scale) + static_cast<float>(tensor.zero_point);
  return static_cast<int8_t>(std::min(127.0f, std::max(-128.0f, steps)));
}

float FloatAt(const uint8_t* bytes, size_t index) {
  float value;
  std::memcpy(&value, bytes + index * sizeof(float), sizeof(float));
  return value;
}

Status Load(void*, Bytes given) {
  const Engine& engine = runner->engine();
  if (!engine.loaded()) return Status::kNoModel;
  if (InputBytes(nullptr) > sizeof(input_buffer)) return Status::kNoSpace;
  if (given.size != InputBytes(nullptr)) return Status::kBadState;
  const TensorView input = engine.input();
  auto* values = static_cast<uint8_t*>(input.data);
  if (IsReconstruction(engine) && input.type == TensorType::kInt8) {
    for (size_t i = 0; i < input.n_bytes; ++i) {
      values[i] = static_cast<uint8_t>(Quantized(FloatAt(given.data, i), input));
    }
  } else if (IsColourPicture(input) && input.type == TensorType::kInt8) {
    for (size_t i = 0; i < input.n_bytes; ++i) values[i] = static_cast<uint8_t>(given.data[i] - 128);
  } else {
    std::memcpy(values, given.data, input.n_bytes);
  }
  runner->SetInputComplete();
  return Status::kOk;
}

Status Infer(void*) {
  uint64_t ticks = 0;
  return runner->Run(0, runner->engine().n_operators(), false, &ticks);
}

float OutputAt(const TensorView& output, size_t index) {
  const auto* bytes = static_cast<const uint8_t*>(output.data);
  if (output.type == TensorType::kFloat32) return FloatAt(bytes, index);
  if (output.type == TensorType::kInt32) {
    int32_t value;
    std::memcpy(&value, bytes + index * sizeof(value), sizeof(value));
    return static_cast<float>(value);
  }
  const int32_t value = output.type == TensorType::kInt8 ? static_cast<int8_t>(bytes[index]) : bytes[index];
  return static_cast<float>(value - output.zero_point) * output.scale;
}

size_t Results(void*, Bytes given, float* values) {
  const Engine& engine = runner->engine();
  if (!engine.loaded() || !runner->has_output()) return 0;
  const TensorView output = engine.output();
  const size_t n = ElementCount(output);
  if (!IsReconstruction(engine)) {
    const size_t n_shown = std::min(n, mlperf::kMaxResults);
    for (size_t i = 0; i < n_shown; ++i) values[i] = OutputAt(output, i);
    return n_shown;
  }
  if (given.size != n * sizeof(float)) return 0;
  float sum = 0.0f;
  for (size_t i = 0; i < n; ++i) {
    const float difference = FloatAt(given.data, i) - OutputAt(output, i);
    sum += difference * difference;
  }
  values[0] = sum / static_cast<float>(n);
  return 1;
}

mlperf::Session& TheSession() {
  static mlperf::Session session({.context = runner,
                                  .input_bytes = InputBytes,
                                  .model_id = ModelId,
                                  .load = Load,
                                  .infer = Infer,
                                  .results = Results,
                                  .micros = [](void*) { return hal::MicrosNow(); },
                                  .write = [](void*, const char* text) { host->Answer(text); },
                                  .wake = TheWakeDut(),
                                  .stamp = StampPulse},
                                 {input_buffer, sizeof(input_buffer)});
  return session;
}

constexpr TextCommands kTextCommands = {
    .begin =
        [](ModelRunner* the_runner, Host* the_host) {
          runner = the_runner;
          host = the_host;
          TheSession().Greet();
        },
    .take = [](uint8_t byte) { TheSession().Take(byte); },
    .step = [] { return TheSession().Step(); },
    .cancel = [] { TheSession().Cancel(); },
};

constexpr Camera kNoCamera = {
    [](const SettingTable&, uint8_t*, size_t, hal::CameraFrame*) { return Status::kUnsupported; }, &kPictureLoop};

const App kApp = {
    .name = "mlperf",
    .sensor = SensorKind::kCamera,
    .arena = {arena, sizeof(arena)},
    .sample = {sample, sizeof(sample)},
    .settings = nullptr,
    .n_settings = 0,
    .check_model = [](const Engine&) { return Status::kOk; },
    .start_model = [](const Engine&, SettingTable*) {},
    .prepare = [](const Sample&, const Engine&) { return Status::kUnsupported; },
    .conclude = [](const Engine&, const SettingTable&, uint64_t, Result*) {},
    .describe = [](const Engine&, const Result&, Text*) {},
    .self_test = nullptr,
    .camera = &kNoCamera,
    .sample_input = nullptr,
    .scoring = nullptr,
    .text_commands = &kTextCommands,
};

}  // namespace

const App& TheApp() { return kApp; }

}  // namespace tinyhost
