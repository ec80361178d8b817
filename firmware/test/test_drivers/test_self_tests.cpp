// Self-tests of what gives samples all the time: the stream by the clock, and the motion sensors' chips.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "drivers/motion_self_test.h"
#include "drivers/stream_test.h"

namespace tinyhost {
namespace {

/// A sensor and its board's clock, which goes on with every wait and read.
struct Source {
  uint32_t rate_mhz = 16'000'000;  // what it says
  double true_rate_hz = 16'000;    // what it does
  uint8_t n_channels = 1;
  uint64_t settles_us = 0;
  uint64_t stops_us = UINT64_MAX;
  uint64_t falls_silent_us = UINT64_MAX;  // and says nothing of it
  uint32_t n_lost = 0;
  Status start_status = Status::kOk;
  Status stop_status = Status::kSensorTimeout;
  std::vector<int16_t> values = {3, -3};
  uint64_t now_us = 1'000'000;
  uint64_t begun_us = 0;
  uint64_t position = 0;
  bool is_on = false;
  size_t n_stops = 0;
};
Source source;

constexpr SampledSource kSource = {
    [](hal::Sampling* sampling) {
      *sampling = {source.rate_mhz, 1.0f / 8192, source.n_channels};
      source.begun_us = source.now_us;
      source.is_on = source.start_status == Status::kOk;
      return source.start_status;
    },
    [] {
      source.is_on = false;
      ++source.n_stops;
    },
    [](int16_t* samples, size_t max, hal::SampleBlock* block) {
      source.now_us += 20;
      if (!source.is_on) return Status::kBadState;
      const uint64_t age_us = source.now_us - source.begun_us;
      if (age_us > source.stops_us) return source.stop_status;
      *block = {0, source.position, 0, source.n_lost, 0};
      if (age_us < source.settles_us) return Status::kOk;
      const uint64_t gave_us = std::min(age_us, source.falls_silent_us) - source.settles_us;
      const auto n_there = static_cast<uint64_t>(gave_us * source.true_rate_hz / 1e6);
      const size_t n = std::min<size_t>(max, n_there + source.n_lost - source.position);
      for (size_t i = 0; i < n * source.n_channels; ++i) {
        samples[i] = source.values[(source.position * source.n_channels + i) % source.values.size()];
      }
      block->n_samples = n;
      block->n_waiting = n_there + source.n_lost - source.position - n;
      source.position += n;
      return Status::kOk;
    },
    [] { return source.now_us; },
    [](uint32_t duration_ms) { source.now_us += uint64_t{duration_ms} * 1000; },
};

struct Listening {
  StreamTotals totals;
  hal::FindingList findings;

  Listening() { source = {}; }
  bool Test(uint32_t longest_start_ms = 3600) {
    return TestStream(kSource, {longest_start_ms, 20}, &totals, &findings);
  }
  const Finding& Find(SelfTestCheck check, uint8_t index = kNoIndex) {
    for (size_t i = 0; i < findings.size(); ++i) {
      if (findings[i].check == check && findings[i].index == index) return findings[i];
    }
    CAPTURE(static_cast<int>(check));
    FAIL("no such finding");
    return findings[0];
  }
};

TEST_CASE_FIXTURE(Listening,
                  "a microphone that is well: its rate is measured to a few per mille, its sound to the count") {
  source.settles_us = 400'000;
  CHECK(Test());
  CHECK(findings.size() == 3);
  for (size_t i = 0; i < findings.size(); ++i) CHECK(findings[i].verdict == Verdict::kPassed);
  CHECK(std::abs(Find(SelfTestCheck::kStartTime).measured - 400) < 5);
  CHECK(std::abs(Find(SelfTestCheck::kSampleRate).measured - 16'000'000) < 50'000);
  CHECK(Find(SelfTestCheck::kSampleRate).lowest == 15'680'000);
  CHECK(totals.n_samples() >= 15'900);
  CHECK(std::abs(totals.Mean(0)) < 0.01);
  CHECK(totals.StandardDeviation(0) == doctest::Approx(3));
  CHECK(totals.ClippedPpm() == 0);
  CHECK(source.n_stops == 1);
}

TEST_CASE_FIXTURE(Listening, "a wrong rate, lost samples and sound at full scale are told") {
  source.true_rate_hz = 15'000;
  source.values = {32767, -32768, 0, 0};
  CHECK(Test());
  CHECK(Find(SelfTestCheck::kSampleRate).verdict == Verdict::kFailed);
  CHECK(std::abs(Find(SelfTestCheck::kSampleRate).measured - 15'000'000) < 50'000);
  CHECK(totals.ClippedPpm() == doctest::Approx(500'000).epsilon(0.01));
  source = {};
  source.n_lost = 77;
  findings.Clear();
  CHECK(Test());
  CHECK(Find(SelfTestCheck::kLostSamples).measured == 77);
  CHECK(Find(SelfTestCheck::kLostSamples).verdict == Verdict::kFailed);
}

TEST_CASE_FIXTURE(Listening, "a sensor that is not there, is silent, settles too late, or stops") {
  source.start_status = Status::kNoSensor;
  CHECK_FALSE(Test());
  CHECK(Find(SelfTestCheck::kStartTime).status == Status::kNoSensor);
  CHECK(Find(SelfTestCheck::kSampleRate).verdict == Verdict::kSkipped);
  CHECK(source.n_stops == 1);

  source = {};
  source.settles_us = UINT64_MAX;
  findings.Clear();
  CHECK_FALSE(Test(500));
  CHECK(Find(SelfTestCheck::kStartTime).status == Status::kSensorTimeout);
  CHECK(source.now_us < 1'000'000 + 500'000 + 1'000'000 + 10'000);
  CHECK_FALSE(source.is_on);

  source = {};
  source.settles_us = 800'000;
  findings.Clear();
  CHECK(Test(500));
  CHECK(Find(SelfTestCheck::kStartTime).verdict == Verdict::kFailed);
  CHECK(Find(SelfTestCheck::kStartTime).measured >= 800);

  source = {};
  source.stops_us = 300'000;
  findings.Clear();
  CHECK_FALSE(Test());
  CHECK(Find(SelfTestCheck::kStartTime).verdict == Verdict::kPassed);
  CHECK(Find(SelfTestCheck::kSampleRate).status == Status::kSensorTimeout);
  CHECK_FALSE(source.is_on);

  source = {};
  source.falls_silent_us = 300'000;
  findings.Clear();
  CHECK_FALSE(Test());
  CHECK(Find(SelfTestCheck::kSampleRate).status == Status::kSensorTimeout);
}

TEST_CASE_FIXTURE(Listening, "a sensor that says it has no channels, or too many, is refused") {
  for (const int n : {0, 7, 255}) {
    source = {};
    source.n_channels = static_cast<uint8_t>(n);
    findings.Clear();
    CHECK_FALSE(Test());
    CHECK(Find(SelfTestCheck::kStartTime).status == Status::kInternal);
  }
}

TEST_CASE_FIXTURE(Listening, "gravity is judged at rest only") {
  source.n_channels = 3;
  source.rate_mhz = 119'000;
  source.true_rate_hz = 119;
  source.values = {4915, 0, -6553, 4915, 8, -6553};  // 0.6 g and 0.8 g at 8192 counts
  CHECK(Test());
  TestGravity(totals, 1.0f / 8192, &findings);
  CHECK(Find(SelfTestCheck::kMovement).measured == 0);
  CHECK(Find(SelfTestCheck::kGravity).measured == 1000);
  CHECK(Find(SelfTestCheck::kGravity).verdict == Verdict::kPassed);

  source.position = 0;
  source.values = {0, 0, 4096};
  findings.Clear();
  CHECK(Test());
  TestGravity(totals, 1.0f / 8192, &findings);
  CHECK(Find(SelfTestCheck::kGravity).measured == 500);
  CHECK(Find(SelfTestCheck::kGravity).verdict == Verdict::kFailed);

  source.position = 0;
  source.values = {0, 2000, 8192, 0, -2000, 8192};
  findings.Clear();
  CHECK(Test());
  TestGravity(totals, 1.0f / 8192, &findings);
  CHECK(Find(SelfTestCheck::kMovement).measured == 244);
  CHECK(Find(SelfTestCheck::kGravity).verdict == Verdict::kSkipped);
}

TEST_CASE_FIXTURE(Listening, "the gyroscope's offset is judged while the board does not turn") {
  source.n_channels = 6;
  source.rate_mhz = 119'000;
  source.true_rate_hz = 119;
  source.values = {0, 0, 8192, 164, -164, 500};  // of 61 mdps
  CHECK(Test());
  TestRotation(totals, &findings);
  const Finding* last = findings.data() + findings.size() - 1;
  CHECK(last->check == SelfTestCheck::kRotation);
  CHECK(last->index == 2);
  CHECK(last->measured == 3052);
  CHECK(last->verdict == Verdict::kFailed);
  CHECK(last[-2].measured == 1001);
  CHECK(last[-1].measured == -1001);
  CHECK(last[-1].verdict == Verdict::kPassed);

  source.position = 0;
  source.values = {0, 0, 8192, 100, 0, 0, 0, 0, 8192, -100, 0, 0};
  findings.Clear();
  CHECK(Test());
  TestRotation(totals, &findings);
  CHECK(Find(SelfTestCheck::kRotation).verdict == Verdict::kSkipped);
}

/// A motion sensor whose masses move as its self-test register says.
struct Chip : RegisterBus {
  uint8_t address;
  uint8_t registers[256] = {};
  bool is_cut = false;
  bool is_frozen = false;  // never a new sample
  int n_reads_left = 1'000'000;

  explicit Chip(uint8_t a) : address(a) {}
  virtual ~Chip() = default;
  virtual void Sample(int16_t* xyz) = 0;
  virtual uint8_t data_register() const = 0;

  bool Read(uint8_t device, uint8_t first, uint8_t* data, size_t n) override {
    if (is_cut || device != address || n_reads_left-- <= 0) return false;
    std::memcpy(data, registers + first, n);
    if (first == data_register()) Sample(reinterpret_cast<int16_t*>(data));
    return true;
  }
  bool Write(uint8_t device, uint8_t first, const uint8_t* data, size_t n) override {
    if (is_cut || device != address) return false;
    std::memcpy(registers + first, data, n);
    return true;
  }
};

struct Lsm final : Chip {
  int16_t pushes[3] = {3000, -3000, 5000};  // counts at 2 g: 183, 183 and 305 mg

  Lsm() : Chip(0x6b) {
    registers[0x0f] = 0x68;
    registers[0x27] = 0x01;
  }
  uint8_t data_register() const override { return 0x28; }
  void Sample(int16_t* xyz) override {
    CHECK(registers[0x20] == 0x40);  // 50 Hz, 2 g
    CHECK(registers[0x2e] == 0);     // FIFO out of the way
    const bool is_pushed = (registers[0x24] & 1) != 0;
    for (size_t i = 0; i < 3; ++i) xyz[i] = static_cast<int16_t>((i == 2 ? 16393 : 100) + (is_pushed ? pushes[i] : 0));
  }
};

struct Bmi final : Chip {
  int16_t pushes[3] = {20'000, -20'000, 14'000};  // counts at 16 g, each way

  Bmi() : Chip(0x68) { registers[0] = 0x24; }
  uint8_t data_register() const override { return 0x0c; }
  void Sample(int16_t* xyz) override {
    CHECK(registers[0x40] == 0xac);
    CHECK(registers[0x41] == 0x03);
    CHECK((registers[0x6d] & 0x09) == 0x09);
    const int sign = (registers[0x6d] & 0x04) != 0 ? 1 : -1;
    for (size_t i = 0; i < 3; ++i) xyz[i] = static_cast<int16_t>(sign * pushes[i]);
  }
};

uint32_t waited_ms = 0;
void Wait(uint32_t duration_ms) { waited_ms += duration_ms; }

struct Chips : Listening {
  Lsm lsm;
  Bmi bmi;
  Chips() { waited_ms = 0; }
};

TEST_CASE_FIXTURE(Chips, "LSM9DS1: deflections in mg within the datasheet's limits, and the chip is off afterwards") {
  TestLsm9ds1Chip(&lsm, Wait, &findings);
  CHECK(findings.size() == 5);
  for (size_t i = 0; i < findings.size(); ++i) CHECK(findings[i].verdict == Verdict::kPassed);
  CHECK(Find(SelfTestCheck::kDeflectionSize, 0).measured == 183);
  CHECK(Find(SelfTestCheck::kDeflectionSize, 1).measured == 183);
  CHECK(Find(SelfTestCheck::kDeflectionSize, 2).measured == 305);
  CHECK(Find(SelfTestCheck::kDeflectionSize, 2).lowest == 70);
  CHECK(Find(SelfTestCheck::kDeflectionSize, 2).highest == 1500);
  CHECK(lsm.registers[0x24] == 0);
  CHECK(lsm.registers[0x20] == 0);
  CHECK(lsm.registers[0x07] == 0);
  CHECK(waited_ms >= 400);
  CHECK(waited_ms < 1000);
}

TEST_CASE_FIXTURE(Chips, "LSM9DS1: an axis that does not move, and one that moves too far") {
  lsm.pushes[0] = 10;
  lsm.pushes[1] = 30'000;
  TestLsm9ds1Chip(&lsm, Wait, &findings);
  CHECK(Find(SelfTestCheck::kDeflectionSize, 0).verdict == Verdict::kFailed);
  CHECK(Find(SelfTestCheck::kDeflectionSize, 1).verdict == Verdict::kFailed);
  CHECK(Find(SelfTestCheck::kDeflectionSize, 1).measured == 1830);
  CHECK(Find(SelfTestCheck::kDeflectionSize, 2).verdict == Verdict::kPassed);
}

TEST_CASE_FIXTURE(Chips, "LSM9DS1: absent, another chip, never a new sample, or lost midway") {
  lsm.is_cut = true;
  TestLsm9ds1Chip(&lsm, Wait, &findings);
  CHECK(Find(SelfTestCheck::kIdentity).status == Status::kNoSensor);
  CHECK(Find(SelfTestCheck::kDeflectionSize).verdict == Verdict::kSkipped);
  lsm.is_cut = false;
  lsm.registers[0x0f] = 0x3d;
  findings.Clear();
  TestLsm9ds1Chip(&lsm, Wait, &findings);
  CHECK(Find(SelfTestCheck::kIdentity).measured == 0x3d);
  CHECK(Find(SelfTestCheck::kIdentity).verdict == Verdict::kFailed);
  lsm.registers[0x0f] = 0x68;
  lsm.registers[0x27] = 0;
  waited_ms = 0;
  findings.Clear();
  TestLsm9ds1Chip(&lsm, Wait, &findings);
  CHECK(Find(SelfTestCheck::kDeflectionSize).status == Status::kSensorTimeout);
  CHECK(waited_ms < 500);
  CHECK(lsm.registers[0x20] == 0);
  lsm.registers[0x27] = 1;
  for (int n = 1; n < 28; ++n) {
    lsm.n_reads_left = n;
    findings.Clear();
    TestLsm9ds1Chip(&lsm, Wait, &findings);
    CHECK(findings[findings.size() - 1].verdict == Verdict::kFailed);
    CHECK(lsm.registers[0x24] == 0);
  }
}

TEST_CASE_FIXTURE(Chips, "BMI270: deflections with their signs within Bosch's limits, and the test is off afterwards") {
  TestBmi270Chip(&bmi, Wait, &findings);
  CHECK(findings.size() == 5);
  for (size_t i = 0; i < findings.size(); ++i) CHECK(findings[i].verdict == Verdict::kPassed);
  CHECK(Find(SelfTestCheck::kDeflection, 0).measured == 19'531);
  CHECK(Find(SelfTestCheck::kDeflection, 1).measured == -19'531);
  CHECK(Find(SelfTestCheck::kDeflection, 2).measured == 13'671);
  CHECK(bmi.registers[0x6d] == 0);
  CHECK(bmi.registers[0x7d] == 0);
  CHECK(waited_ms >= 100);
}

TEST_CASE_FIXTURE(Chips, "BMI270: an axis with the wrong sign, a weak one, and a chip that is lost midway") {
  bmi.pushes[0] = -20'000;
  bmi.pushes[2] = 1000;
  TestBmi270Chip(&bmi, Wait, &findings);
  CHECK(Find(SelfTestCheck::kDeflection, 0).verdict == Verdict::kFailed);
  CHECK(Find(SelfTestCheck::kDeflection, 1).verdict == Verdict::kPassed);
  CHECK(Find(SelfTestCheck::kDeflection, 2).verdict == Verdict::kFailed);
  for (int n = 1; n < 7; ++n) {
    bmi.n_reads_left = n;
    findings.Clear();
    TestBmi270Chip(&bmi, Wait, &findings);
    CHECK(findings[findings.size() - 1].verdict == Verdict::kFailed);
    CHECK(bmi.registers[0x6d] == 0);
  }
  bmi.n_reads_left = 0;
  findings.Clear();
  TestBmi270Chip(&bmi, Wait, &findings);
  CHECK(Find(SelfTestCheck::kIdentity).status == Status::kNoSensor);
}

TEST_CASE("a list of findings that is full takes no more") {
  hal::FindingList findings;
  for (int i = 0; i < 100; ++i) findings.Add(SelfTestCheck::kNoise, i, {0, 10});
  CHECK(findings.size() == hal::FindingList::kCapacity);
  CHECK(findings[10].verdict == Verdict::kPassed);
  CHECK(findings[11].verdict == Verdict::kFailed);
}

}  // namespace
}  // namespace tinyhost
