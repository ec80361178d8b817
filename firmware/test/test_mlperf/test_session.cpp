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
  size_t n_stamps = 0;
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
            [](void* self, const char* text) { static_cast<FakeDut*>(self)->said += text; },
            {},
            [](void* self) { ++static_cast<FakeDut*>(self)->n_stamps; }};
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
  CHECK(fake.n_stamps == 2);  // of the measured ones
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

/// A device whose model says the number of its inferences, and whose microphone gives 1,000 samples at a time.
struct FakeWakeDut : FakeDut {
  size_t n_reads = 0;
  size_t n_pulses = 0;
  bool is_on = false;

  static FakeWakeDut& Of(void* context) { return *static_cast<FakeWakeDut*>(context); }

  Dut dut() {
    Dut dut = FakeDut::dut();
    dut.context = this;
    dut.wake = {[](void*) { return true; },
                [](void*, float feature) { return static_cast<int8_t>(100 * feature); },
                [](void* self, const int8_t*, int8_t* output) {
                  output[0] = static_cast<int8_t>(113 + ++Of(self).n_inferences);
                  Of(self).now_us += 1000;
                  return Status::kOk;
                },
                [](void* self) {
                  Of(self).is_on = true;
                  return Status::kOk;
                },
                [](void* self) { Of(self).is_on = false; },
                [](void* self, int16_t* samples, size_t max, SoundBlock* block) {
                  if (++Of(self).n_reads > 6) return Status::kSensorTimeout;
                  std::memset(samples, 0, max * sizeof(*samples));
                  *block = {max, 0};
                  return Status::kOk;
                },
                [](void* self) { ++Of(self).n_pulses; }};
    return dut;
  }
};

struct WakeFixture {
  FakeWakeDut fake;
  alignas(4) uint8_t buffer[1024 + 3] = {};
  Session session{fake.dut(), {buffer, sizeof(buffer)}};

  std::string Ask(const std::string& command) {
    fake.said.clear();
    for (const char letter : command) session.Take(static_cast<uint8_t>(letter));
    return fake.said;
  }
};

TEST_CASE_FIXTURE(WakeFixture, "a stream is heard until it is stopped, and told stride by stride") {
  CHECK(Ask("stop%") == "Received command: stop\r\nI2S is already idle.  Ignoring stop request\r\nm-ready\r\n");
  CHECK(Ask("start%") ==
        "Received command: start\r\nListening for I2S data ... \r\nDMA receive initiated.\r\nm-ready\r\n");
  CHECK(Ask("infer 1 0%") == "e-[bad_state]\r\nm-ready\r\n");
  CHECK(Ask("db 00%") == "Received command: db 00\r\ne-[bad_state]\r\nm-ready\r\n");
  for (int i = 0; i < 5; ++i) CHECK(session.Step());
  CHECK(fake.n_pulses == 4);  // the first stride's, and those above 115
  CHECK(Ask("state%") ==
        "Received command: state\r\nm-state-streaming\r\nm-strides-5\r\nm-lost-samples-0\r\n"
        "m-processing-us-5000\r\nm-ready\r\n");
  CHECK(Ask("stop%") ==  // there is room for three
        "Received command: stop\r\nStreaming stopped.\r\ntarget activations: \r\n[114, 115, 116  \r\n]\r\n"
        "m-ready\r\n");
  CHECK(!fake.is_on);
  CHECK(fake.n_stamps == 2);  // at start and stop
  CHECK(!session.Step());
}

TEST_CASE_FIXTURE(WakeFixture, "a microphone that stops is told, and a session ends it") {
  Ask("start%");
  while (session.Step()) {
  }
  CHECK(!fake.is_on);
  CHECK(Ask("log%") == "Received command: log\r\nLog contents[cp=14]:\r\n<sensor_timeout>\r\nm-ready\r\n");
  fake.n_reads = 0;
  Ask("start%");
  session.Cancel();
  CHECK(!fake.is_on);
}

TEST_CASE_FIXTURE(WakeFixture, "long commands of a stream are taken whole") {
  CHECK(Ask("db load 1024%") == "Received command: db load 1024\r\nm-[Expecting 1024 bytes]\r\nm-ready\r\n");
  CHECK(Ask("extract_uart_stream%") == "Received command: extract_uart_stream\r\ne-[bad_state]\r\nm-ready\r\n");
  const std::string half = "db " + std::string(1024, '0');
  CHECK(Ask(half + "%") == "Received command: " + half + "\r\n512 bytes received\r\nm-ready\r\n");
  CHECK(Ask(half + "%") == "Received command: " + half + "\r\nm-load-done\r\nm-ready\r\n");
  CHECK(Ask("extract_uart_stream%").find("m-features-[ +0,  +0,") != std::string::npos);
  Ask("db load 2%");
  Ask("db 0000%");
  CHECK(Ask("extract_uart_stream%").find("m-features-[ +0,  +0,") != std::string::npos);
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
