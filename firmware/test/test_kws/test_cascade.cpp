#include <doctest/doctest.h>

#include <cstring>
#include <vector>

#include "../support/memory_flash_hal.h"
#include "../support/tiny_model.h"
#include "kws/cascade.h"

namespace tinyhost {
namespace {

constexpr SettingSpec kSpecs[] = {{Setting::kWakeThreshold, INT8_MIN, INT8_MAX, 0}, {Setting::kWakeHoldMs, 0, 9999, 0}};
constexpr WakeParams kWake = {0, 40, -20, 0};  // of TinyModel, whose first operator adds 1

struct Heard {
  std::vector<uint8_t> image = TinyModel(1, 0, Task::kKws);
  alignas(16) uint8_t memory[2048];
  alignas(16) uint8_t arena[256];
  Engine engine;
  SettingTable settings{kSpecs, 2, nullptr};
  Cascade cascade;

  Heard() {
    std::memcpy(memory, image.data(), image.size());
    REQUIRE(engine.Load(memory, image.size(), arena, sizeof(arena)) == Status::kOk);
  }
  Status Configure(const WakeParams& wake, size_t n_bytes = sizeof(WakeParams)) {
    return cascade.Configure(engine, {reinterpret_cast<const uint8_t*>(&wake), n_bytes});
  }
  void Start() {
    REQUIRE(Configure(kWake) == Status::kOk);
    cascade.Start(&settings);
  }
  /// Whether it wakes of an input whose last value is `last`.
  bool Listen(int8_t last) {
    auto* input = static_cast<int8_t*>(engine.input().data);
    input[3] = static_cast<int8_t>(last - 1);
    REQUIRE(engine.InvokeRange(0, 1) == Status::kOk);
    return cascade.Listen(engine);
  }
};

TEST_CASE_FIXTURE(Heard, "the last value of the first network's output wakes, from the threshold on") {
  Start();
  CHECK(cascade.last_operator(engine) == 0);
  CHECK(!Listen(-21));
  CHECK(cascade.score() == -21);
  CHECK(Listen(-20));
  settings.SetDefault(Setting::kWakeThreshold, 30);
  settings.SetDefault(Setting::kWakeHoldMs, 0);
  cascade.Pass(40);
  CHECK(!Listen(29));
  CHECK(Listen(30));
  CHECK(!Listen(29));
}

TEST_CASE_FIXTURE(Heard, "awake it stays for the hold, counted from the newest score that was high enough") {
  Start();
  CHECK(Listen(0));
  cascade.Pass(20);
  CHECK(Listen(0));
  cascade.Pass(39);
  CHECK(Listen(-100));
  cascade.Pass(1);
  CHECK(!Listen(-100));
  CHECK(Listen(0));
  cascade.Start(&settings);  // forgets
  CHECK(!Listen(-100));
}

TEST_CASE_FIXTURE(Heard, "asleep, the output is 0 in real units, and the result says so") {
  Start();
  Result result = {};
  CHECK(Listen(0));
  REQUIRE(engine.InvokeRange(1, 2) == Status::kOk);
  const auto* output = static_cast<const int8_t*>(engine.output().data);
  const int8_t first = output[0];
  cascade.Conclude(engine, &result);
  CHECK(output[0] == first);
  CHECK(result.prediction.asleep == 0);
  cascade.Pass(40);
  CHECK(!Listen(-100));
  cascade.Conclude(engine, &result);
  CHECK(result.prediction.asleep == 1);
  for (size_t i = 0; i < 4; ++i) CHECK(output[i] == -128);
}

TEST_CASE_FIXTURE(Heard, "a model of one network never sleeps") {
  REQUIRE(cascade.Configure(engine, {}) == Status::kOk);
  cascade.Start(&settings);
  CHECK(cascade.last_operator(engine) == engine.n_operators());
  CHECK(cascade.score() == 0);
  Result result = {};
  cascade.Conclude(engine, &result);
  CHECK(result.prediction.asleep == 0);
}

TEST_CASE_FIXTURE(Heard, "what makes no sense is refused, and then the model is of one network") {
  const auto refused = [&](WakeParams wake, Status status) {
    return Configure(wake) == status && cascade.last_operator(engine) == engine.n_operators();
  };
  CHECK(refused({2, 0, 0, 0}, Status::kModelMismatch));
  CHECK(refused({UINT16_MAX, 0, 0, 0}, Status::kModelMismatch));
  CHECK(refused({0, kMaxWakeHoldMs + 1, 0, 0}, Status::kImageMetadata));
  CHECK(Configure(kWake, sizeof(WakeParams) - 1) == Status::kImageMetadata);
}

}  // namespace
}  // namespace tinyhost
