// The motion sensors' drivers against chips that keep their FIFOs as the datasheets say.
#include <doctest/doctest.h>

#include <cstring>
#include <deque>
#include <random>
#include <vector>

#include "drivers/motion_sensor.h"

namespace tinyhost {
namespace {

using Xyz = std::vector<int16_t>;

Xyz SampleAt(uint64_t index) {
  return {static_cast<int16_t>(index * 7 - 9000), static_cast<int16_t>(index * 31), static_cast<int16_t>(~index * 3)};
}

/// A chip with registers, on a bus that can be cut.
struct Chip : RegisterBus {
  uint8_t address;
  uint8_t registers[256] = {};
  bool is_cut = false;

  explicit Chip(uint8_t a) : address(a) {}
  bool Read(uint8_t device, uint8_t first, uint8_t* data, size_t n) override {
    if (is_cut || device != address) return false;
    ReadRegisters(first, data, n);
    return true;
  }
  bool Write(uint8_t device, uint8_t first, const uint8_t* data, size_t n) override {
    if (is_cut || device != address) return false;
    for (size_t i = 0; i < n; ++i) registers[first + i] = data[i];
    if (first == 0x7e && data[0] == 0xb0) Flush();
    return true;
  }
  virtual void ReadRegisters(uint8_t first, uint8_t* data, size_t n) { std::memcpy(data, registers + first, n); }
  virtual void Flush() {}
  virtual ~Chip() = default;
};

struct SimulatedLsm9ds1 : Chip {
  std::deque<Xyz> fifo;
  std::deque<Xyz> moments;  // with the gyroscope: its three values, then the accelerometer's
  bool is_overrun = false;
  uint64_t n_measured = 0;

  SimulatedLsm9ds1() : Chip(0x6b) { registers[0x0f] = 0x68; }
  void Measure(size_t n) {
    for (size_t i = 0; i < n; ++i) {
      if (fifo.size() == 32) {
        fifo.pop_front();
        is_overrun = true;
      }
      fifo.push_back(SampleAt(n_measured++));
    }
  }
  void ReadRegisters(uint8_t first, uint8_t* data, size_t n) override {
    if (first == 0x2f) {
      data[0] = static_cast<uint8_t>((fifo.size() + moments.size()) | (is_overrun ? 0x40 : 0));
    } else if (first == 0x18) {
      REQUIRE(n == 12);
      REQUIRE(!moments.empty());
      std::memcpy(data, moments.front().data(), 12);
      moments.pop_front();
    } else if (first == 0x28) {
      REQUIRE(n == 6);
      REQUIRE(!fifo.empty());
      std::memcpy(data, fifo.front().data(), 6);
      fifo.pop_front();
      is_overrun = false;
    } else {
      Chip::ReadRegisters(first, data, n);
    }
  }
};

struct SimulatedBmi270 : Chip {
  int n_writes_lost = 0;  // the next ones
  bool Write(uint8_t device, uint8_t first, const uint8_t* data, size_t n) override {
    if (n_writes_lost > 0 && device == address && !is_cut) return n_writes_lost-- > 0;
    return Chip::Write(device, first, data, n);
  }

  std::deque<std::vector<uint8_t>> fifo;  // frames
  size_t capacity = 2048;
  uint64_t n_measured = 0;
  uint32_t n_skipped = 0;

  SimulatedBmi270() : Chip(0x68) { registers[0] = 0x24; }
  size_t FifoBytes() const {
    size_t n = n_skipped == 0 ? 0 : 2;
    for (const auto& frame : fifo) n += frame.size();
    return n;
  }
  void Measure(size_t n) {
    for (size_t i = 0; i < n; ++i) {
      const Xyz turned = SampleAt(n_measured++);
      const int16_t raw[3] = {static_cast<int16_t>(-turned[1]), static_cast<int16_t>(-turned[0]), turned[2]};
      std::vector<uint8_t> frame(7, static_cast<uint8_t>(0x84 | (n_measured % 4)));
      std::memcpy(frame.data() + 1, raw, 6);
      fifo.push_back(frame);
      while (FifoBytes() > capacity) {
        n_skipped += fifo.front()[0] == 0x40 ? fifo.front()[1] : fifo.front().size() == 7;
        fifo.pop_front();
      }
    }
  }
  void ReadRegisters(uint8_t first, uint8_t* data, size_t n) override {
    if (first == 0x24) {
      data[0] = static_cast<uint8_t>(FifoBytes());
      data[1] = static_cast<uint8_t>(FifoBytes() >> 8);
    } else if (first == 0x26) {
      if (n_skipped != 0) {
        fifo.push_front({0x40, static_cast<uint8_t>(n_skipped > 255 ? 255 : n_skipped)});
        n_skipped = 0;
      }
      for (size_t i = 0; i < n;) {
        const size_t n_left = n - i;
        if (fifo.empty() || fifo.front().size() > n_left) {  // an unfinished frame comes again
          for (; i < n; ++i) data[i] = fifo.empty() ? 0x80 : fifo.front()[i + n_left - n];
          break;
        }
        std::memcpy(data + i, fifo.front().data(), fifo.front().size());
        i += fifo.front().size();
        fifo.pop_front();
      }
    } else {
      Chip::ReadRegisters(first, data, n);
    }
  }
  void Flush() override { fifo.clear(); }
};

/// Checks that samples are those at `position`, and counts.
struct Taken {
  uint64_t position = 0;
  uint64_t n_lost = 0;
  uint64_t n_wrong = 0;

  void Add(const int16_t* xyz, const FifoBlock& block) {
    position += block.n_lost;
    n_lost += block.n_lost;
    for (size_t i = 0; i < block.n_samples; ++i) {
      n_wrong += std::memcmp(xyz + 3 * i, SampleAt(position++).data(), 6) != 0;
    }
  }
};

constexpr uint64_t PeriodsUs(uint64_t n) { return n * 1'000'000'000 / Lsm9ds1::kRateMhz; }

TEST_CASE("LSM9DS1 is set to 119 Hz, 4 g and a continuous FIFO, without its gyroscope") {
  SimulatedLsm9ds1 chip;
  Lsm9ds1 sensor(&chip);
  CHECK(sensor.Start(0) == Status::kOk);
  CHECK(chip.registers[0x10] == 0x00);
  CHECK(chip.registers[0x20] == 0x70);
  CHECK(chip.registers[0x22] == 0x44);
  CHECK(chip.registers[0x23] == 0x02);
  CHECK(chip.registers[0x2e] == 0xc0);
  sensor.Stop();
  CHECK(chip.registers[0x20] == 0x00);
}

TEST_CASE("LSM9DS1 gives every sample once") {
  SimulatedLsm9ds1 chip;
  Lsm9ds1 sensor(&chip);
  CHECK(sensor.Start(0) == Status::kOk);
  Taken taken;
  int16_t xyz[3 * 10];
  FifoBlock block = {};
  chip.Measure(12);
  CHECK(sensor.Read(xyz, 10, PeriodsUs(12), &block) == Status::kOk);
  CHECK(block.n_samples == 10);
  CHECK(block.n_waiting == 2);
  taken.Add(xyz, block);
  CHECK(sensor.Read(xyz, 10, PeriodsUs(12), &block) == Status::kOk);
  CHECK(block.n_samples == 2);
  taken.Add(xyz, block);
  CHECK(sensor.Read(xyz, 10, PeriodsUs(12), &block) == Status::kOk);
  CHECK(block.n_samples == 0);
  CHECK(taken.n_wrong == 0);
  CHECK(taken.n_lost == 0);
}

TEST_CASE("LSM9DS1's overwritten samples are counted by the clock") {
  SimulatedLsm9ds1 chip;
  Lsm9ds1 sensor(&chip);
  CHECK(sensor.Start(0) == Status::kOk);
  Taken taken;
  int16_t xyz[3 * 32];
  FifoBlock block = {};
  chip.Measure(20);
  CHECK(sensor.Read(xyz, 5, PeriodsUs(20) + 100, &block) == Status::kOk);  // 15 stay
  taken.Add(xyz, block);
  chip.Measure(100);
  CHECK(sensor.Read(xyz, 0, PeriodsUs(120) + 100, &block) == Status::kOk);
  CHECK(block.n_lost == 0);  // nothing was taken: still to be counted
  CHECK(sensor.Read(xyz, 32, PeriodsUs(120) + 200, &block) == Status::kOk);
  CHECK(block.n_samples == 32);
  CHECK(block.n_lost == 120 - 5 - 32);
  taken.Add(xyz, block);
  CHECK(taken.n_wrong == 0);
  CHECK(taken.position == 120);
}

TEST_CASE("LSM9DS1 and BMI270 that are unplugged say so at start and midway") {
  int16_t xyz[3 * 4];
  FifoBlock block = {};
  SimulatedLsm9ds1 chip1;
  Lsm9ds1 sensor1(&chip1);
  CHECK(sensor1.Start(0) == Status::kOk);
  chip1.is_cut = true;
  CHECK(sensor1.Read(xyz, 4, 0, &block) == Status::kSensorTimeout);
  CHECK(sensor1.Start(0) == Status::kNoSensor);
  chip1.is_cut = false;
  chip1.registers[0x0f] = 0x67;
  CHECK_FALSE(sensor1.IsThere());
  SimulatedBmi270 chip2;
  Bmi270 sensor2(&chip2);
  CHECK(sensor2.Start() == Status::kOk);
  chip2.is_cut = true;
  CHECK(sensor2.Read(xyz, 4, &block) == Status::kSensorTimeout);
  CHECK(sensor2.Start() == Status::kNoSensor);
  Bmi270 sensor3(&chip1);
  CHECK_FALSE(sensor3.IsThere());
}

TEST_CASE("BMI270 is set to 100 Hz, 4 g and a FIFO with headers that overwrites the oldest") {
  SimulatedBmi270 chip;
  Bmi270 sensor(&chip);
  CHECK(sensor.Start() == Status::kOk);
  CHECK(chip.registers[0x40] == 0xa8);
  CHECK(chip.registers[0x41] == 0x01);
  CHECK(chip.registers[0x48] == 0x00);
  CHECK(chip.registers[0x49] == 0x50);
  CHECK(chip.registers[0x7c] == 0x00);
  CHECK(chip.registers[0x7d] == 0x04);
}

TEST_CASE("BMI270 that saves power and misses writes gets its settings all the same, or is no sensor") {
  SimulatedBmi270 chip;
  Bmi270 sensor(&chip);
  chip.registers[0x7c] = 0x03;
  chip.n_writes_lost = 2;
  CHECK(sensor.Start() == Status::kOk);
  CHECK(chip.registers[0x7c] == 0x00);
  CHECK(chip.registers[0x40] == 0xa8);
  CHECK(chip.registers[0x7d] == 0x04);
  chip.registers[0x7c] = 0x03;
  chip.n_writes_lost = 1000;
  CHECK(sensor.Start() == Status::kNoSensor);
}

TEST_CASE("BMI270's axes are those of revision 1, and the most negative value has a negative") {
  SimulatedBmi270 chip;
  Bmi270 sensor(&chip);
  CHECK(sensor.Start() == Status::kOk);
  chip.fifo.push_back({0x84, 0x00, 0x80, 0x02, 0x00, 0xfe, 0xff});
  int16_t xyz[3] = {};
  FifoBlock block = {};
  CHECK(sensor.Read(xyz, 1, &block) == Status::kOk);
  CHECK(block.n_samples == 1);
  CHECK(xyz[0] == -2);
  CHECK(xyz[1] == 32767);
  CHECK(xyz[2] == -2);
}

TEST_CASE("BMI270 gives every sample once or counts it, whatever is read when; other frames are passed over") {
  for (uint32_t seed = 0; seed < 100; ++seed) {
    std::mt19937 random(seed);
    SimulatedBmi270 chip;
    chip.capacity = seed % 2 == 0 ? 2048 : 200;
    Bmi270 sensor(&chip);
    CHECK(sensor.Start() == Status::kOk);
    Taken taken;
    int16_t xyz[3 * 50];
    FifoBlock block = {};
    for (int i = 0; i < 300; ++i) {
      chip.Measure(random() % 30);
      if (random() % 20 == 0) chip.fifo.push_back({0x48, 1, 2, 3, 4});
      if (random() % 20 == 0) chip.fifo.push_back({0x44, 1, 2, 3});
      CHECK(sensor.Read(xyz, 10 + random() % 40, &block) == Status::kOk);
      taken.Add(xyz, block);
    }
    do {
      CHECK(sensor.Read(xyz, 50, &block) == Status::kOk);
      taken.Add(xyz, block);
    } while (block.n_samples != 0);
    CHECK(taken.n_wrong == 0);
    CHECK(taken.position == chip.n_measured);
    CHECK((taken.n_lost != 0) == (chip.capacity == 200));
  }
}

TEST_CASE("BMI270's FIFO that makes no sense is a failed sensor, not samples") {
  SimulatedBmi270 chip;
  Bmi270 sensor(&chip);
  CHECK(sensor.Start() == Status::kOk);
  chip.fifo.push_back({0xff, 1, 2, 3, 4, 5, 6});
  int16_t xyz[3];
  FifoBlock block = {};
  CHECK(sensor.Read(xyz, 1, &block) == Status::kSensorTimeout);
}

TEST_CASE("with its gyroscope, LSM9DS1 gives both of a moment in one read, the rotation in the scale of both chips") {
  SimulatedLsm9ds1 chip;
  Lsm9ds1 sensor(&chip);
  CHECK(sensor.Start<6>(0) == Status::kOk);
  CHECK(chip.registers[0x10] == 0x78);  // 119 Hz, +-2000 dps
  CHECK(chip.registers[0x20] == 0x70);
  for (const int16_t turn : {100, 28'571, 32'767, -32'768}) {
    chip.moments.push_back({turn, 0, -1, 1, 2, 3});
  }
  int16_t samples[6 * 4];
  FifoBlock block = {};
  CHECK(sensor.Read<6>(samples, 4, 0, &block) == Status::kOk);
  CHECK(block.n_samples == 4);
  const int16_t expected[] = {114, 32'767, 32'767, -32'768};  // 70 mdps in counts of 61.035
  for (size_t i = 0; i < 4; ++i) {
    CHECK(samples[6 * i] == 1);
    CHECK(samples[6 * i + 2] == 3);
    CHECK(samples[6 * i + 3] == expected[i]);
  }
  sensor.Stop<6>();
  CHECK(chip.registers[0x10] == 0x00);
}

TEST_CASE("with its gyroscope, BMI270 gives both of a moment; one alone is nothing at the start, and later a loss") {
  SimulatedBmi270 chip;
  Bmi270 sensor(&chip);
  CHECK(sensor.Start<6>() == Status::kOk);
  CHECK(chip.registers[0x42] == 0xa8);
  CHECK(chip.registers[0x43] == 0x00);
  CHECK(chip.registers[0x49] == 0xd0);
  CHECK(chip.registers[0x7d] == 0x06);
  const std::vector<uint8_t> whole = {0x8c, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0};
  const std::vector<uint8_t> half = {0x84, 4, 0, 5, 0, 6, 0};
  chip.fifo = {half, half, whole, whole, half, whole};
  int16_t samples[6 * 8];
  FifoBlock block = {};
  CHECK(sensor.Read<6>(samples, 8, &block) == Status::kOk);
  CHECK(block.n_samples == 2);
  CHECK(block.n_lost == 0);
  const int16_t expected[] = {-5, -4, 6, -2, -1, 3};
  CHECK(std::memcmp(samples, expected, sizeof expected) == 0);
  CHECK(sensor.Read<6>(samples, 8, &block) == Status::kOk);
  CHECK(block.n_samples == 1);
  CHECK(block.n_lost == 1);
}

/// A BMI270 that takes its configuration file as the datasheet, section 4.2, has it.
struct UnconfiguredBmi270 : Chip {
  std::vector<uint8_t> file;
  size_t capacity = Bmi270::kConfigurationBytes;

  UnconfiguredBmi270() : Chip(0x68) { registers[0] = 0x24; }
  bool Write(uint8_t device, uint8_t first, const uint8_t* data, size_t n) override {
    if (is_cut || device != address) return false;
    if (first == 0x5e) {
      const size_t at = 2 * static_cast<size_t>(registers[0x5b] | registers[0x5c] << 4);
      if (registers[0x59] != 0 || registers[0x7c] != 0 || at != file.size()) return true;  // lost
      file.insert(file.end(), data, data + n);
      return true;
    }
    if (first == 0x59 && data[0] == 1) registers[0x21] = file.size() == capacity ? 1 : 2;
    return Chip::Write(device, first, data, n);
  }
};

TEST_CASE("BMI270 gets its configuration file in order, and says whether it took it") {
  std::vector<uint8_t> file(Bmi270::kConfigurationBytes);
  for (size_t i = 0; i < file.size(); ++i) file[i] = static_cast<uint8_t>(i * 7 + i / 256);
  UnconfiguredBmi270 chip;
  CHECK(Bmi270(&chip).Configure(file.data(), [](uint32_t) {}));
  CHECK(chip.file == file);
  UnconfiguredBmi270 deaf;
  deaf.capacity = 1;
  CHECK_FALSE(Bmi270(&deaf).Configure(file.data(), [](uint32_t) {}));
  UnconfiguredBmi270 gone;
  gone.is_cut = true;
  CHECK_FALSE(Bmi270(&gone).Configure(file.data(), [](uint32_t) {}));
}

}  // namespace
}  // namespace tinyhost
