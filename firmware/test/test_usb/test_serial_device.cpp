// What the USB device answers: descriptors byte by byte, requests as chapter 9 and CDC have them, and hostile ones.
#include <doctest/doctest.h>

#include <cstring>
#include <random>
#include <set>
#include <vector>

#include "usb/descriptors.h"
#include "usb/serial_device.h"

namespace tinyhost::usb {
namespace {

using Bytes = std::vector<uint8_t>;
using Kind = Answer::Kind;

constexpr char kSerial[] = "0123456789ABCDEF";
constexpr uint8_t kFromDevice = 0x80, kFromInterface = 0x81, kFromEndpoint = 0x82;
constexpr uint8_t kClassOut = 0x21, kClassIn = 0xA1;

struct FakeEndpoints : Endpoints {
  bool is_configured = false;
  std::set<uint8_t> halted;

  void Open(bool configured) override {
    is_configured = configured;
    halted.clear();
  }
  bool IsHalted(uint8_t address) const override { return halted.count(address) != 0; }
  void Halt(uint8_t address, bool halt) override {
    if (halt) halted.insert(address);
    if (!halt) halted.erase(address);
  }
};

struct Bench {
  FakeEndpoints endpoints;
  SerialDevice device{&endpoints};

  Bench() {
    device.Begin(kSerial);
    device.Reset();
  }
  Answer Ask(uint8_t type, uint8_t request, uint16_t value, uint16_t index, uint16_t length) {
    return device.OnSetup({type, request, value, index, length});
  }
  Bytes Get(uint8_t type, uint8_t request, uint16_t value, uint16_t index, uint16_t length) {
    const Answer answer = Ask(type, request, value, index, length);
    REQUIRE(answer.kind == Kind::kSend);
    return Bytes(answer.data, answer.data + answer.n);
  }
  void Configure() { REQUIRE(Ask(0x00, 9, 1, 0, 0).kind == Kind::kDone); }
  void SetLine(uint32_t rate, bool has_dtr) {
    const uint8_t coding[] = {static_cast<uint8_t>(rate),
                              static_cast<uint8_t>(rate >> 8),
                              static_cast<uint8_t>(rate >> 16),
                              static_cast<uint8_t>(rate >> 24),
                              0,
                              0,
                              8};
    REQUIRE(Ask(kClassOut, 0x20, 0, 0, 7).kind == Kind::kReceive);
    REQUIRE(device.OnReceived(coding, sizeof coding));
    REQUIRE(Ask(kClassOut, 0x22, has_dtr ? 3 : 2, 0, 0).kind == Kind::kDone);
  }
};

TEST_CASE("the device descriptor is Arduino's ids in a communications device") {
  Bench bench;
  const Bytes expected = {18, 1, 0x00, 0x02, 2, 0, 0, 64, 0x41, 0x23, 0x5A, 0x80, 0x00, 0x01, 1, 2, 3, 1};
  CHECK(bench.Get(kFromDevice, 6, 0x0100, 0, 64) == expected);
  CHECK(bench.Get(kFromDevice, 6, 0x0100, 0, 8) == Bytes(expected.begin(), expected.begin() + 8));
}

TEST_CASE("the configuration's descriptors follow one another to its total length") {
  Bench bench;
  const Bytes all = bench.Get(kFromDevice, 6, 0x0200, 0, 255);
  REQUIRE(all.size() == 67);
  CHECK((all[2] | all[3] << 8) == 67);
  std::vector<uint8_t> types;
  for (size_t i = 0; i < all.size(); i += all[i]) {
    REQUIRE(all[i] >= 2);
    types.push_back(all[i + 1]);
  }
  CHECK(types == Bytes{2, 4, 0x24, 0x24, 0x24, 0x24, 5, 4, 5, 5});
  CHECK(all[7] == 0x80);  // no remote wake-up is claimed
  CHECK(Bytes(all.begin() + 9, all.begin() + 18) == Bytes{9, 4, 0, 0, 1, 2, 2, 0, 0});
  CHECK(Bytes(all.begin() + 18, all.begin() + 37) ==
        Bytes{5, 0x24, 0, 0x20, 0x01, 5, 0x24, 1, 0, 1, 4, 0x24, 2, 2, 5, 0x24, 6, 0, 1});
  CHECK(Bytes(all.begin() + 44, all.end()) ==
        Bytes{9, 4, 1, 0, 2, 10, 0, 0, 0, 7, 5, 0x02, 2, 64, 0, 0, 7, 5, 0x82, 2, 64, 0, 0});
}

TEST_CASE("strings are in English, and the serial number is the board's") {
  Bench bench;
  CHECK(bench.Get(kFromDevice, 6, 0x0300, 0, 255) == Bytes{4, 3, 0x09, 0x04});
  const Bytes serial = bench.Get(kFromDevice, 6, 0x0303, 0x0409, 255);
  REQUIRE(serial.size() == 34);
  for (size_t i = 0; i < 16; ++i) CHECK(serial[2 + 2 * i] == kSerial[i]);
  CHECK(bench.Get(kFromDevice, 6, 0x0301, 0x0409, 255).size() == 2 + 2 * std::strlen("Arduino"));
  CHECK(bench.Ask(kFromDevice, 6, 0x0304, 0x0409, 255).kind == Kind::kStall);
  CHECK(bench.Ask(kFromDevice, 6, 0x0301, 0x0407, 255).kind == Kind::kStall);
  CHECK(bench.Ask(kFromDevice, 6, 0x0600, 0, 10).kind == Kind::kStall);  // a qualifier: of high-speed devices
}

TEST_CASE("what belongs to a configuration is refused before there is one, and after it has gone") {
  Bench bench;
  for (const bool again : {false, true}) {
    CAPTURE(again);
    CHECK(bench.Ask(kFromInterface, 10, 0, 0, 1).kind == Kind::kStall);
    CHECK(bench.Ask(kClassIn, 0x21, 0, 0, 7).kind == Kind::kStall);
    CHECK(bench.Ask(kFromEndpoint, 0, 0, 0x82, 2).kind == Kind::kStall);
    CHECK(bench.Get(kFromEndpoint, 0, 0, 0x80, 2) == Bytes{0, 0});
    CHECK(bench.Get(kFromDevice, 8, 0, 0, 1) == Bytes{0});
    bench.Configure();
    CHECK(bench.Get(kFromDevice, 8, 0, 0, 1) == Bytes{1});
    CHECK(bench.endpoints.is_configured);
    CHECK(bench.Get(kFromInterface, 10, 0, 1, 1) == Bytes{0});
    CHECK(bench.Ask(0x01, 11, 1, 1, 0).kind == Kind::kStall);
    CHECK(bench.Ask(0x00, 9, 2, 0, 0).kind == Kind::kStall);
    CHECK(bench.Ask(0x00, 9, 0, 0, 0).kind == Kind::kDone);
    CHECK_FALSE(bench.device.is_configured());
  }
}

TEST_CASE("endpoints are halted and freed, and remote wake-up is refused") {
  Bench bench;
  bench.Configure();
  for (const uint8_t address : {0x81, 0x82, 0x02}) {
    CHECK(bench.Get(kFromEndpoint, 0, 0, address, 2) == Bytes{0, 0});
    CHECK(bench.Ask(0x02, 3, 0, address, 0).kind == Kind::kDone);
    CHECK(bench.Get(kFromEndpoint, 0, 0, address, 2) == Bytes{1, 0});
    CHECK(bench.Ask(0x02, 1, 0, address, 0).kind == Kind::kDone);
    CHECK(bench.Get(kFromEndpoint, 0, 0, address, 2) == Bytes{0, 0});
  }
  CHECK(bench.Ask(0x02, 3, 0, 0x03, 0).kind == Kind::kStall);
  CHECK(bench.Ask(0x00, 3, 1, 0, 0).kind == Kind::kStall);
  CHECK(bench.Get(kFromDevice, 0, 0, 0, 2) == Bytes{0, 0});
}

TEST_CASE("the address is left to the hardware") { CHECK(Bench().Ask(0x00, 5, 7, 0, 0).kind == Kind::kSilent); }

TEST_CASE("DTR opens the port; the touch is 1200 baud without it") {
  Bench bench;
  bench.Configure();
  CHECK_FALSE(bench.device.is_open());
  CHECK(bench.Get(kClassIn, 0x21, 0, 0, 7) == Bytes{0x00, 0xC2, 0x01, 0, 0, 0, 8});
  bench.SetLine(1200, true);
  CHECK(bench.device.is_open());
  CHECK_FALSE(bench.device.is_touched());
  CHECK(bench.Get(kClassIn, 0x21, 0, 0, 7) == Bytes{0xB0, 0x04, 0, 0, 0, 0, 8});
  bench.SetLine(1200, false);
  CHECK_FALSE(bench.device.is_open());
  CHECK(bench.device.is_touched());
  bench.device.Reset();
  CHECK_FALSE(bench.device.is_touched());
  bench.Configure();
  bench.SetLine(9600, false);
  CHECK_FALSE(bench.device.is_touched());
}

TEST_CASE("ten thousand requests of a hostile host are answered, within what they ask for") {
  Bench bench;
  std::mt19937 random(1);
  const uint8_t types[] = {0x00, 0x80, 0x01, 0x81, 0x02, 0x82, 0x21, 0xA1, 0x22, 0x40, 0xC0, 0x1F, 0xFF};
  const uint16_t values[] = {0, 1, 2, 0x0100, 0x0200, 0x0300, 0x0303, 0x0600, 0x0F00, 0xFFFF};
  const uint16_t indices[] = {0, 1, 2, 0x80, 0x81, 0x82, 0x83, 0x0409, 0xFFFF};
  const auto pick = [&random](const auto& list) { return list[random() % (sizeof list / sizeof list[0])]; };
  for (int i = 0; i < 10'000; ++i) {
    const bool is_wild = random() % 4 == 0;
    const Setup setup = {is_wild ? static_cast<uint8_t>(random()) : pick(types),
                         static_cast<uint8_t>(is_wild ? random() : random() % 0x24),
                         is_wild ? static_cast<uint16_t>(random()) : pick(values),
                         is_wild ? static_cast<uint16_t>(random()) : pick(indices),
                         static_cast<uint16_t>(random() % 3 == 0 ? random() : random() % 10)};
    const Answer answer = bench.device.OnSetup(setup);
    REQUIRE(answer.n <= setup.length);
    REQUIRE((answer.kind != Kind::kSend || (setup.is_in() && answer.data != nullptr)));
    REQUIRE((answer.kind != Kind::kReceive || (!setup.is_in() && answer.n == 7)));
    REQUIRE((answer.kind != Kind::kDone || (!setup.is_in() && setup.length == 0)));
    if (answer.kind == Kind::kReceive) {
      const Bytes junk(random() % 8, 0xA5);
      REQUIRE(bench.device.OnReceived(junk.data(), junk.size()) == (junk.size() == 7));
    }
  }
  bench.Configure();
  CHECK(bench.Get(kFromDevice, 6, 0x0100, 0, 64).size() == 18);
}

}  // namespace
}  // namespace tinyhost::usb
