#include <doctest/doctest.h>

#include <cstring>
#include <vector>

#include "../support/tiny_model.h"
#include "kws/params.h"

namespace tinyhost {
namespace {

constexpr KwsParams kParams = {16'000, 30, 20, 2, 2, 500, 700, 3, 4, 100, 0};  // TinyModel's input is 4 features

/// A loaded TinyModel with this task data.
struct Loaded {
  std::vector<uint8_t> image;
  alignas(16) uint8_t memory[2048];
  alignas(16) uint8_t arena[256];
  Engine engine;
  Bytes wake = {};

  Status Read(const std::vector<uint8_t>& task_data, KwsParams* params) {
    image = TinyModel(1, 0, Task::kKws, task_data);
    REQUIRE(image.size() <= sizeof(memory));
    std::memcpy(memory, image.data(), image.size());
    REQUIRE(engine.Load(memory, image.size(), arena, sizeof(arena)) == Status::kOk);
    return ReadKwsParams(engine, params, &wake);
  }
  Status Read(const KwsParams& task_data, KwsParams* params) {
    const auto* bytes = reinterpret_cast<const uint8_t*>(&task_data);
    return Read(std::vector<uint8_t>(bytes, bytes + sizeof(task_data)), params);
  }
};

KwsParams With(uint16_t KwsParams::* field, uint16_t value) {
  KwsParams params = kParams;
  params.*field = value;
  return params;
}

TEST_CASE_FIXTURE(Loaded, "task data is taken as it is") {
  KwsParams params = {};
  CHECK(Read(kParams, &params) == Status::kOk);
  CHECK(std::memcmp(&params, &kParams, sizeof(params)) == 0);
}

TEST_CASE_FIXTURE(Loaded, "a field out of its range is refused, and nothing is taken") {
  KwsParams params = {};
  const auto refused = [&](uint16_t KwsParams::* field, uint16_t value) {
    return Read(With(field, value), &params) == Status::kImageMetadata && params.n_channels == 0;
  };
  CHECK(refused(&KwsParams::n_channels, 0));
  CHECK(refused(&KwsParams::n_strides, 0));
  CHECK(refused(&KwsParams::n_strides, 2049));
  CHECK(refused(&KwsParams::average_ms, kMaxAverageMs + 1));
  CHECK(refused(&KwsParams::suppression_ms, kMaxSuppressionMs + 1));
  CHECK(refused(&KwsParams::min_results, 0));
  CHECK(refused(&KwsParams::min_results, kMaxMinResults + 1));
  CHECK(refused(&KwsParams::period_ms, kMaxPeriodMs + 1));
  CHECK(refused(&KwsParams::n_coefficients, 2049));
}

TEST_CASE_FIXTURE(Loaded, "coefficients are the features of a stride, if there are any") {
  KwsParams params = {};
  KwsParams cepstrum = With(&KwsParams::n_channels, 40);
  CHECK(Read(cepstrum, &params) == Status::kModelMismatch);
  cepstrum.n_coefficients = 2;
  CHECK(Read(cepstrum, &params) == Status::kOk);
  CHECK(params.n_coefficients == 2);
}

TEST_CASE_FIXTURE(Loaded, "task data of another length is refused") {
  KwsParams params = {};
  CHECK(Read(std::vector<uint8_t>(1), &params) == Status::kImageMetadata);
  CHECK(Read(std::vector<uint8_t>(sizeof(KwsParams) - 1), &params) == Status::kImageMetadata);
}

TEST_CASE_FIXTURE(Loaded, "what stands behind them is a cascade's") {
  std::vector<uint8_t> task_data(sizeof(KwsParams) + 5, 7);
  std::memcpy(task_data.data(), &kParams, sizeof(kParams));
  KwsParams params = {};
  CHECK(Read(task_data, &params) == Status::kOk);
  CHECK(wake.size == 5);
  CHECK(wake.data[0] == 7);
}

TEST_CASE_FIXTURE(Loaded, "a window that is not the model's input, or labels beyond its output, are a mismatch") {
  KwsParams params = {};
  CHECK(Read(With(&KwsParams::n_strides, 3), &params) == Status::kModelMismatch);
  CHECK(Read(With(&KwsParams::n_silent_labels, 4), &params) == Status::kModelMismatch);
  CHECK(Read(std::vector<uint8_t>(), &params) == Status::kModelMismatch);  // no task data: not micro_speech's 1960
}

}  // namespace
}  // namespace tinyhost
