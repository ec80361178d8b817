#include <doctest/doctest.h>

#include <cstdio>
#include <cstring>
#include <string>

#include "mlperf/session.h"

namespace tinyhost::mlperf {
namespace {

/// A device whose inference takes a millisecond and says the sum of its input, in thousandths.
struct FakeDut {
  uint64_t now_us = 41;
  size_t n_inferences = 0;
  uint32_t sum = 0;
  bool has_model = true;
  std::string said;

  Dut dut() {
    return {this,
            [](void* self) { return static_cast<FakeDut*>(self)->has_model ? size_t{12} : size_t{0}; },
            [](void*) { return "kws01"; },
            [](void* self, Bytes input) {
              auto* fake = static_cast<FakeDut*>(self);
              if (!fake->has_model) return Status::kNoModel;
              fake->sum = 0;
              for (size_t i = 0; i < input.size; ++i) fake->sum += input.data[i];
              return Status::kOk;
            },
            [](void* self) {
              auto* fake = static_cast<FakeDut*>(self);
              fake->now_us += 1000;
              ++fake->n_inferences;
              return Status::kOk;
            },
            [](void* self, Bytes, float* values) {
              values[0] = static_cast<float>(static_cast<FakeDut*>(self)->sum) / 1000.0f;
              values[1] = 0.0625f;
              return size_t{2};
            },
            [](void* self) { return static_cast<FakeDut*>(self)->now_us; },
            [](void* self, const char* text) { static_cast<FakeDut*>(self)->said += text; }};
  }
};

struct Fixture {
  FakeDut fake;
  uint8_t buffer[12] = {};
  Session session{fake.dut(), {buffer, sizeof(buffer)}};

  std::string Ask(const char* command) {
    fake.said.clear();
    for (const char* letter = command; *letter != 0; ++letter) session.Take(static_cast<uint8_t>(*letter));
    while (session.Step()) {
    }
    return fake.said;
  }
};

std::string Thousandths(float value) {
  char text[32];
  *FormatThousandths(value, text) = 0;
  return text;
}

TEST_CASE_FIXTURE(Fixture, "a board that has started says that it is ready") {
  session.Greet();
  CHECK(fake.said == "m-timestamp-mode-performance\r\nm-lap-us-41\r\nm-init-done\r\nm-ready\r\n");
}

TEST_CASE_FIXTURE(Fixture, "every command of a session is answered to the letter") {
  CHECK(Ask("name%") == "m-name-dut-[tinyhost]\r\nm-ready\r\n");
  CHECK(Ask("profile%") == "m-profile-[ULPMark for tinyML Firmware V0.0.1]\r\nm-model-[kws01]\r\nm-ready\r\n");
  CHECK(Ask("timestamp%") == "m-lap-us-41\r\nm-ready\r\n");
  CHECK(Ask("db load 12%") == "m-[Expecting 12 bytes]\r\nm-ready\r\n");
  CHECK(Ask("db 0102030405060708%") == "m-ready\r\n");
  CHECK(Ask("db 090AfF00ee%") == "m-load-done\r\nm-ready\r\n");
  CHECK(Ask("db print%") == "m-buffer-01-02-03-04-05-06-07-08\r\nm-buffer-09-0a-ff-00\r\nm-ready\r\n");
  CHECK(Ask("infer 1 0%") ==
        "m-warmup-start-0\r\nm-warmup-done\r\nm-infer-start-1\r\nm-lap-us-41\r\nm-lap-us-1041\r\nm-infer-done\r\n"
        "m-results-[0.310,0.062]\r\nm-ready\r\n");
  CHECK(Ask("results%") == "m-results-[0.310,0.062]\r\nm-ready\r\n");
}

TEST_CASE_FIXTURE(Fixture, "warm-ups are not measured, and results are those of the input") {
  Ask("db load 1%");
  Ask("db 07%");
  fake.n_inferences = 0;
  CHECK(Ask("infer 200 3%") ==
        "m-warmup-start-3\r\nm-warmup-done\r\nm-infer-start-200\r\nm-lap-us-3041\r\nm-lap-us-203041\r\n"
        "m-infer-done\r\nm-results-[0.007,0.062]\r\nm-ready\r\n");
  CHECK(fake.n_inferences == 204);
  CHECK(Ask("infer 1%").find("m-warmup-start-10\r\n") == 0);
}

TEST_CASE_FIXTURE(Fixture, "a step takes 50 ms, so that others have their turn") {
  Ask("db load 1%");
  fake.said.clear();
  for (const char letter : std::string("infer 120 0%name%")) session.Take(static_cast<uint8_t>(letter));
  CHECK(session.Step());  // the warm-up
  CHECK(session.Step());
  CHECK(fake.n_inferences == 50);
  CHECK(fake.said.find("m-infer-done") == std::string::npos);
  while (session.Step()) {
  }
  CHECK(fake.said.find("m-ready\r\nm-name-dut-[tinyhost]\r\nm-ready\r\n") != std::string::npos);
}

TEST_CASE_FIXTURE(Fixture, "what cannot be done is told, and ends in m-ready") {
  CHECK(Ask("db load%") == "e-[Command 'db load' requires the # of bytes]\r\nm-ready\r\n");
  CHECK(Ask("db load 0%") == "e-[Command 'db load' must be >0 bytes]\r\nm-ready\r\n");
  CHECK(Ask("db load 13%") == "e-[Supplied buffer size 13 exceeds maximum of 12]\r\nm-ready\r\n");
  CHECK(Ask("db 00%") == "e-[Command 'db' without bytes to load: 'db load' first]\r\nm-ready\r\n");
  CHECK(Ask("db%") == "e-[Command 'db' requires a subcommand]\r\nm-ready\r\n");
  Ask("db load 4%");
  CHECK(Ask("db 000%") == "e-[Insufficent number of hex digits]\r\nm-ready\r\n");
  CHECK(Ask("db 00xy%") == "e-[Invalid hex digit 'xy']\r\nm-ready\r\n");
  CHECK(Ask("infer 0%") == "e-[Inference iterations must be >0]\r\nm-ready\r\n");
  CHECK(Ask("infer 1 -1%") == "e-[Inference warmup must be >=0]\r\nm-ready\r\n");
  CHECK(Ask("fly high%") == "e-[Unknown command: fly]\r\nm-ready\r\n");
  CHECK(Ask("%") == "e-[Unknown command: ]\r\nm-ready\r\n");
  fake.has_model = false;
  CHECK(Ask("infer 1 0%") == "e-[no_model]\r\nm-ready\r\n");
}

TEST_CASE_FIXTURE(Fixture, "line ends are skipped, and frames of another protocol passed over") {
  CHECK(Ask("\r\nna\nme%\r\n") == "m-name-dut-[tinyhost]\r\nm-ready\r\n");
  for (const uint8_t byte : {0x03, 0x25, 0x6e, 0x25, 0xff, 0x25}) session.Take(byte);
  CHECK(Ask("name%").empty());
  session.Take(0);
  CHECK(Ask("name%") == "m-name-dut-[tinyhost]\r\nm-ready\r\n");
  CHECK(Ask((std::string(200, 'x') + "%").c_str()) ==
        "e-[Unknown command: " + std::string(80, 'x') + "]\r\nm-ready\r\n");
}

TEST_CASE_FIXTURE(Fixture, "what is cancelled goes on no more") {
  for (const char letter : std::string("infer 1000 0%name%")) session.Take(static_cast<uint8_t>(letter));
  session.Cancel();
  CHECK(!session.Step());
  CHECK(Ask("name%") == "m-name-dut-[tinyhost]\r\nm-ready\r\n");
}

TEST_CASE("reals are rounded as printf rounds them") {
  for (const float value : {0.0f, 0.0005f, 0.0625f, 0.1875f, 0.99951f, 1.0f, 123.4565f, 0.00390625f, 4096.0625f}) {
    char expected[32];
    std::snprintf(expected, sizeof(expected), "%.3f", static_cast<double>(value));
    CHECK(Thousandths(value) == expected);
    CHECK(Thousandths(-value) == "-" + std::string(expected));
  }
  CHECK(Thousandths(1e30f) == "1000000000.000");
}

}  // namespace
}  // namespace tinyhost::mlperf
