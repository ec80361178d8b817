#include <doctest/doctest.h>

#include <cstring>
#include <vector>

#include "../support/tiny_model.h"
#include "gestures/params.h"

namespace tinyhost {
namespace {

constexpr GestureParams kParams = {25'000, 2, 500, 700,
                                   3,      4, 100};  // TinyModel's input is 2 steps, its output 12 scores

/// A loaded TinyModel with this task data.
struct Loaded {
  std::vector<uint8_t> image;
  alignas(16) uint8_t memory[2048];
  alignas(16) uint8_t arena[256];
  Engine engine;

  Status Read(const std::vector<uint8_t>& task_data, GestureParams* params, Task task = Task::kGestures) {
    image = TinyModel(1, 0, task, task_data);
    REQUIRE(image.size() <= sizeof(memory));
    std::memcpy(memory, image.data(), image.size());
    REQUIRE(engine.Load(memory, image.size(), arena, sizeof(arena)) == Status::kOk);
    return ReadGestureParams(engine, params);
  }
  Status Read(const GestureParams& task_data, GestureParams* params) {
    const auto* bytes = reinterpret_cast<const uint8_t*>(&task_data);
    return Read(std::vector<uint8_t>(bytes, bytes + sizeof(task_data)), params);
  }
};

template <typename T>
GestureParams With(T GestureParams::* field, T value) {
  GestureParams params = kParams;
  params.*field = value;
  return params;
}

TEST_CASE_FIXTURE(Loaded, "task data is taken as it is, up to the ends of each range") {
  for (const GestureParams& wanted : {kParams, GestureParams{1'000, 2, 2000, 10'000, 11, 100, UINT16_MAX},
                                      GestureParams{1'000'000, 2, 0, 0, 0, 1, 0}}) {
    GestureParams params = {};
    CHECK(Read(wanted, &params) == Status::kOk);
    CHECK(std::memcmp(&params, &wanted, sizeof(params)) == 0);
  }
}

TEST_CASE_FIXTURE(Loaded, "a field out of its range is refused, and nothing is taken") {
  GestureParams params = {};
  const auto refused = [&](const GestureParams& wanted) {
    return Read(wanted, &params) == Status::kImageMetadata && params.n_steps == 0;
  };
  CHECK(refused(With<uint32_t>(&GestureParams::step_mhz, 999)));
  CHECK(refused(With<uint32_t>(&GestureParams::step_mhz, 1'000'001)));
  CHECK(refused(With<uint32_t>(&GestureParams::step_mhz, UINT32_MAX)));
  CHECK(refused(With<uint16_t>(&GestureParams::n_steps, 0)));
  CHECK(refused(With<uint16_t>(&GestureParams::n_steps, 129)));
  CHECK(refused(With<uint16_t>(&GestureParams::average_ms, 2001)));
  CHECK(refused(With<uint16_t>(&GestureParams::suppression_ms, 10'001)));
  CHECK(refused(With<uint16_t>(&GestureParams::min_results, 0)));
  CHECK(refused(With<uint16_t>(&GestureParams::min_results, 101)));
}

TEST_CASE_FIXTURE(Loaded, "task data of another length is refused") {
  GestureParams params = {};
  CHECK(Read(std::vector<uint8_t>(1), &params) == Status::kImageMetadata);
  CHECK(Read(std::vector<uint8_t>(sizeof(GestureParams) + 4), &params) == Status::kImageMetadata);
}

TEST_CASE_FIXTURE(Loaded, "steps that are not the model's input, or labels beyond its output, are a mismatch") {
  GestureParams params = {};
  CHECK(Read(With<uint16_t>(&GestureParams::n_steps, 3), &params) == Status::kModelMismatch);
  CHECK(Read(With<uint16_t>(&GestureParams::n_silent_labels, 12), &params) == Status::kModelMismatch);
  CHECK(Read({}, &params, Task::kVww) == Status::kModelMismatch);  // four elements are no step
  CHECK(params.n_steps == 0);
}

TEST_CASE_FIXTURE(Loaded, "a model without task data has as many of the usual steps as its input") {
  GestureParams params = {};
  REQUIRE(Read(std::vector<uint8_t>(), &params) == Status::kOk);
  GestureParams usual = kUsualGestureParams;
  usual.n_steps = 2;
  CHECK(std::memcmp(&params, &usual, sizeof(params)) == 0);
}

}  // namespace
}  // namespace tinyhost
