#include <cstdlib>
#include <vector>

#include "emulator/board/bmi270.h"
#include "emulator/board/lsm9ds1.h"
#include "emulator/test/chip.h"

namespace tinyhost::emulator {
namespace {

/// Lets the true time pass, which the sensors' own oscillators count.
void PassMs(Chip& chip, uint64_t ms) { chip.clock.Advance(ms * Clock::kCyclesPerMs); }

void Set(I2cDevice& device, uint8_t address, const std::vector<uint8_t>& bytes) {
  device.Begin();
  device.Take(address);
  for (const uint8_t byte : bytes) device.Take(byte);
}

std::vector<uint8_t> Get(I2cDevice& device, uint8_t address, size_t n) {
  device.Begin();
  device.Take(address);
  std::vector<uint8_t> bytes(n);
  for (uint8_t& byte : bytes) byte = device.Give();
  return bytes;
}

int Value(const std::vector<uint8_t>& bytes, size_t at) { return static_cast<int16_t>(bytes[at] | bytes[at + 1] << 8); }

struct Lsm9ds1Test : Chip {
  Motion motion{system, 1};
  Lsm9ds1Chip sensor{system, motion};

  Lsm9ds1Test() {
    sensor.SetPower(true);
    Set(sensor, 0x22, {0x44});
    Set(sensor, 0x23, {0x02});
    Set(sensor, 0x20, {0x70});  // 119 Hz, +-4 g
    Set(sensor, 0x2e, {0xc0});
  }
};

TEST_CASE_FIXTURE(Lsm9ds1Test, "at rest the LSM9DS1 measures 1 g upwards, 119 times a second") {
  CHECK(Get(sensor, 0x0f, 1)[0] == 0x68);
  PassMs(*this, 100);
  CHECK(Get(sensor, 0x2f, 1)[0] == 11);
  const std::vector<uint8_t> sample = Get(sensor, 0x28, 6);
  CHECK(Value(sample, 0) == doctest::Approx(0).epsilon(1).scale(10));
  CHECK(Value(sample, 4) == doctest::Approx(8192).epsilon(0.01));
  CHECK(Get(sensor, 0x2f, 1)[0] == 10);
}

TEST_CASE_FIXTURE(Lsm9ds1Test, "its FIFO keeps 32 samples, and says that it was overrun") {
  PassMs(*this, 268);
  CHECK((Get(sensor, 0x2f, 1)[0] & 0x40) == 0);
  PassMs(*this, 20);
  CHECK(Get(sensor, 0x2f, 1)[0] == (0x40 | 32));
}

TEST_CASE_FIXTURE(Lsm9ds1Test,
                  "with its gyroscope on, a read goes on from the rotation to the acceleration and moves both on") {
  Set(sensor, 0x10, {0x78});
  PassMs(*this, 100);
  const int n = Get(sensor, 0x2f, 1)[0];
  const std::vector<uint8_t> sample = Get(sensor, 0x18, 24);
  for (const size_t moment : {size_t{0}, size_t{12}}) {
    CHECK(std::abs(Value(sample, moment)) < 10);
    CHECK(Value(sample, moment + 10) == doctest::Approx(8192).epsilon(0.01));
  }
  CHECK(Get(sensor, 0x2f, 1)[0] == n - 2);
}

TEST_CASE_FIXTURE(Lsm9ds1Test, "its self-test moves all axes by at least 90 mg") {
  Set(sensor, 0x24, {0x01});
  PassMs(*this, 10);
  CHECK(Value(Get(sensor, 0x28, 6), 0) > 8192 * 0.09);
}

TEST_CASE_FIXTURE(Lsm9ds1Test, "without power it does not answer, and forgets its settings") {
  sensor.SetPower(false);
  CHECK_FALSE(sensor.is_there());
  sensor.SetPower(true);
  CHECK(Get(sensor, 0x20, 1)[0] == 0);
}

struct Bmi270Test : Chip {
  Motion motion{system, 1};
  Bmi270Chip sensor{system, motion};

  void Load(size_t n_bytes) {
    sensor.SetPower(true);
    PassMs(*this, 2);
    Set(sensor, 0x7c, {0x00});
    PassMs(*this, 1);
    Set(sensor, 0x59, {0x00});
    for (size_t at = 0; at < n_bytes; at += 64) {
      const size_t word = at / 2;
      Set(sensor, 0x5b, {static_cast<uint8_t>(word & 15), static_cast<uint8_t>(word >> 4)});
      Set(sensor, 0x5e, std::vector<uint8_t>(64, 0x5a));
    }
    Set(sensor, 0x59, {0x01});
    PassMs(*this, 21);
  }
  void Start() {
    Set(sensor, 0x41, {0x01});  // +-4 g
    Set(sensor, 0x49, {0x50});
    Set(sensor, 0x7d, {0x04});
  }
};

TEST_CASE_FIXTURE(Bmi270Test, "the BMI270 measures once its whole configuration is loaded") {
  Load(Bmi270Chip::kConfigBytes);
  CHECK(Get(sensor, 0x21, 1)[0] == 1);
  Start();
  PassMs(*this, 105);
  CHECK(Get(sensor, 0x24, 1)[0] == 70);
  const std::vector<uint8_t> frame = Get(sensor, 0x26, 7);
  CHECK(frame[0] == 0x84);
  CHECK(Value(frame, 5) == doctest::Approx(8192).epsilon(0.01));
}

TEST_CASE_FIXTURE(Bmi270Test, "its gyroscope begins later, and a frame that is not read to its end comes again") {
  Load(Bmi270Chip::kConfigBytes);
  Set(sensor, 0x41, {0x01});
  Set(sensor, 0x42, {0xa8});
  Set(sensor, 0x49, {0xd0});
  Set(sensor, 0x7d, {0x06});
  PassMs(*this, 105);
  CHECK(Get(sensor, 0x24, 1)[0] == 5 * 7 + 5 * 13);  // 45 ms
  CHECK(Get(sensor, 0x26, 5 * 7 + 5)[5 * 7] == 0x8c);
  const std::vector<uint8_t> frame = Get(sensor, 0x26, 13);
  CHECK(frame[0] == 0x8c);
  CHECK(std::abs(Value(frame, 1)) < 10);
  CHECK(Value(frame, 11) == doctest::Approx(8192).epsilon(0.01));
}

TEST_CASE_FIXTURE(Bmi270Test, "a configuration with a hole leaves it without samples") {
  Load(Bmi270Chip::kConfigBytes - 64);
  CHECK(Get(sensor, 0x21, 1)[0] == 2);
  Start();
  PassMs(*this, 105);
  CHECK(Get(sensor, 0x24, 1)[0] == 0);
}

TEST_CASE_FIXTURE(Bmi270Test, "its FIFO tells how many frames were lost before the oldest that is there") {
  Load(Bmi270Chip::kConfigBytes);
  Start();
  PassMs(*this, 3000);  // 300 frames; 292 fit
  const std::vector<uint8_t> bytes = Get(sensor, 0x26, 9);
  CHECK(bytes[0] == 0x40);
  CHECK(bytes[1] == 300 - 292);
  CHECK(bytes[2] == 0x84);
}

TEST_CASE_FIXTURE(Bmi270Test, "a write within 450 us of another is lost in power save") {
  sensor.SetPower(true);
  PassMs(*this, 2);
  Set(sensor, 0x41, {0x00});
  Set(sensor, 0x40, {0xa9});
  CHECK(Get(sensor, 0x41, 1)[0] == 0x00);
  CHECK(Get(sensor, 0x40, 1)[0] == 0xa8);
}

}  // namespace
}  // namespace tinyhost::emulator
