// The camera's self-test against a camera on wires that can be cut, shorted and exchanged.
#include <doctest/doctest.h>

#include <cmath>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "drivers/ov7675_test.h"

namespace tinyhost {
namespace {

constexpr size_t kSync = CameraWires::kDataLines;
constexpr size_t kLines = kSync + CameraWires::kSyncLines;

enum class Fault : uint8_t { kNone, kOpen, kLow, kHigh };

/// A camera that sends its fading bars, a bus and wires.
struct Bench : RegisterBus, CameraWires {
  std::map<uint8_t, uint8_t> registers = {{0x0a, 0x76}, {0x0b, 0x73}};
  bool is_there = true;
  bool keeps_registers = true;
  bool has_pull_ups = true;
  int held_low = -1;                              // a line of the bus
  Fault faults[kLines] = {};                      // of wires
  int carries[kSync] = {0, 1, 2, 3, 4, 5, 6, 7};  // which line of the camera is on which of the board
  FrameWatch frame = {120, 199'920, 1568, 320};
  size_t n_bad_frames = 0;  // that TakeFrame has yet to fail to take
  double noise = 0;
  bool is_mirrored = false;
  bool is_flat = false;
  bool pulled = false;
  uint32_t waited_ms = 0;
  std::mt19937 random{1};

  bool Read(uint8_t device, uint8_t first, uint8_t* data, size_t n) override {
    if (!is_there || device != 0x21 || n != 1) return false;
    data[0] = registers[first];
    return true;
  }
  bool Write(uint8_t device, uint8_t first, const uint8_t* data, size_t n) override {
    if (!is_there || device != 0x21 || n != 1) return false;
    if (keeps_registers) registers[first] = data[0];
    return true;
  }
  void PowerUp() override {}
  void WaitMs(uint32_t duration_ms) override { waited_ms += duration_ms; }
  bool BusLineRises(uint8_t line, Pull pull) override {
    if (line == held_low) return false;
    return has_pull_ups || pull == Pull::kUp;
  }
  Levels Watch(Pull pull) override {
    Levels levels = {};
    for (size_t line = 0; line < kLines; ++line) {
      const Fault fault = faults[line];
      const bool is_low = fault == Fault::kLow || (fault == Fault::kOpen && pull == Pull::kDown);
      const bool is_high = fault == Fault::kHigh || (fault == Fault::kOpen && pull == Pull::kUp);
      if (!is_high) levels.were_low |= static_cast<uint16_t>(1u << line);
      if (!is_low) levels.were_high |= static_cast<uint16_t>(1u << line);
    }
    return levels;
  }
  bool WatchFrame(FrameWatch* watch) override {
    *watch = frame;
    return frame.n_rows != 0;
  }
  Status TakeFrame(RowSink* sink) override {
    if (n_bad_frames > 0) {
      --n_bad_frames;
      uint8_t row[Ov7675::kWidth] = {};
      sink->Take(row, 0);
      return Status::kSensorTimeout;
    }
    for (uint32_t y = 0; y < Ov7675::kHeight; ++y) {
      uint8_t row[Ov7675::kWidth];
      for (size_t x = 0; x < Ov7675::kWidth; ++x) row[x] = OnTheWires(Bar(is_mirrored ? Ov7675::kWidth - 1 - x : x, y));
      sink->Take(row, y);
    }
    return Status::kOk;
  }

  /// Luma of the eight bars, ITU-R BT.601, that fade to grey.
  uint8_t Bar(size_t x, uint32_t y) {
    static constexpr double kLuma[] = {235, 210, 170, 145, 106, 81, 41, 16};
    const double fade = static_cast<double>(y) / Ov7675::kHeight;
    double value = is_flat ? 128 : kLuma[x / 20] * (1 - fade) + 128 * fade;
    if (noise > 0) value += std::normal_distribution<double>(0, noise)(random);
    return static_cast<uint8_t>(std::fmin(255, std::fmax(0, std::round(value))));
  }
  uint8_t OnTheWires(uint8_t sent) const {
    uint8_t read = 0;
    for (size_t line = 0; line < kSync; ++line) {
      bool bit = (sent >> carries[line] & 1) != 0;
      if (faults[line] == Fault::kLow || faults[line] == Fault::kOpen) bit = false;
      if (faults[line] == Fault::kHigh) bit = true;
      read = static_cast<uint8_t>(read | (bit ? 1u : 0u) << line);
    }
    return read;
  }
};

struct Run : Bench {
  hal::FindingList findings;

  void Part(uint16_t part) {
    static PatternTest scratch;
    findings.Clear();
    Ov7675Test(this, this).Run(part, &scratch, &findings);
  }
  const Finding& Find(SelfTestCheck check, uint8_t index = kNoIndex) {
    for (size_t i = 0; i < findings.size(); ++i) {
      if (findings[i].check == check && findings[i].index == index) return findings[i];
    }
    CAPTURE(static_cast<int>(check));
    FAIL("no such finding");
    return findings[0];
  }
  LineState Line(SelfTestCheck check, size_t index) {
    return static_cast<LineState>(Find(check, static_cast<uint8_t>(index)).measured);
  }
  size_t CountFailed() const {
    size_t n = 0;
    for (size_t i = 0; i < findings.size(); ++i) n += findings[i].verdict == Verdict::kFailed ? 1 : 0;
    return n;
  }
};

TEST_CASE_FIXTURE(Run, "a camera that is well passes every check, and no part takes 5 s") {
  const size_t n_findings[] = {4, 15, 4};
  for (uint16_t part = 0; part < Ov7675Test::kParts; ++part) {
    waited_ms = 0;
    Part(part);
    CAPTURE(part);
    CHECK(findings.size() == n_findings[part]);
    CHECK(CountFailed() == 0);
    CHECK(waited_ms < 1000);
  }
  CHECK(Find(SelfTestCheck::kPattern).measured == 7);
  CHECK(Find(SelfTestCheck::kD0D1Exchanged).measured == 0);
}

TEST_CASE_FIXTURE(Run, "an absent camera is told from one without pull-ups and from a line that is held") {
  is_there = false;
  Part(0);
  CHECK(Line(SelfTestCheck::kBusLine, 0) == LineState::kGood);
  CHECK(Find(SelfTestCheck::kIdentity).status == Status::kNoSensor);
  CHECK(Find(SelfTestCheck::kRegisters).verdict == Verdict::kSkipped);
  has_pull_ups = false;
  held_low = 1;
  Part(0);
  CHECK(Line(SelfTestCheck::kBusLine, 0) == LineState::kOpen);
  CHECK(Line(SelfTestCheck::kBusLine, 1) == LineState::kLow);
  for (uint16_t part = 1; part < Ov7675Test::kParts; ++part) {
    Part(part);
    CHECK(CountFailed() == 1);
    CHECK(findings[0].status == Status::kNoSensor);
    CHECK(findings[1].verdict == Verdict::kSkipped);
  }
}

TEST_CASE_FIXTURE(Run, "another chip and one that forgets its registers are failures with what was read") {
  registers[0x0a] = 0x26;
  registers[0x0b] = 0x42;
  Part(0);
  CHECK(Find(SelfTestCheck::kIdentity).verdict == Verdict::kFailed);
  CHECK(Find(SelfTestCheck::kIdentity).measured == 0x2642);
  keeps_registers = false;
  Part(0);
  CHECK(Find(SelfTestCheck::kRegisters).verdict == Verdict::kFailed);
  CHECK(Find(SelfTestCheck::kRegisters).measured <= 1);
}

TEST_CASE_FIXTURE(Run, "the register that was tried has its value back") {
  Part(0);
  CHECK(registers[0x17] == 0x16);
}

TEST_CASE("each wire that is cut, or tied to ground or supply, is named, and no other one") {
  for (const Fault fault : {Fault::kOpen, Fault::kLow, Fault::kHigh}) {
    for (size_t broken = 0; broken < kLines; ++broken) {
      Run run;
      run.faults[broken] = fault;
      run.Part(1);
      for (size_t line = 0; line < kLines; ++line) {
        const bool is_data = line < kSync;
        const SelfTestCheck check = is_data ? SelfTestCheck::kDataLine : SelfTestCheck::kSyncLine;
        const LineState state = run.Line(check, is_data ? line : line - kSync);
        const LineState expected = line != broken          ? LineState::kGood
                                   : fault == Fault::kOpen ? LineState::kOpen
                                   : fault == Fault::kLow  ? LineState::kLow
                                                           : LineState::kHigh;
        CAPTURE(broken);
        CAPTURE(line);
        CHECK(state == expected);
      }
      const Verdict rows = run.Find(SelfTestCheck::kFrameRows).verdict;
      CHECK(rows == (broken < kSync ? Verdict::kPassed : Verdict::kSkipped));
    }
  }
}

TEST_CASE_FIXTURE(Run, "wrong rates and row counts fail by themselves") {
  frame = {120, 399'840, 3136, 640};  // XCLK of half the frequency
  Part(1);
  CHECK(CountFailed() == 3);
  CHECK(Find(SelfTestCheck::kFramePeriod).measured == 399'840);
  CHECK(Find(SelfTestCheck::kRowPeriod).highest < 1650);
  frame = {240, 199'920, 784, 320};
  Part(1);
  CHECK(CountFailed() == 2);
  CHECK(Find(SelfTestCheck::kFrameRows).measured == 240);
  frame = {};
  Part(1);
  CHECK(Find(SelfTestCheck::kFrameRows).status == Status::kSensorTimeout);
}

TEST_CASE("any two data lines that are tied together are named, with one another") {
  for (int one = 0; one < 8; ++one) {
    for (int other = one + 1; other < 8; ++other) {
      Run run;
      run.carries[other] = one;  // what the stronger output says
      run.Part(2);
      CAPTURE(one);
      CAPTURE(other);
      size_t n_shorted = 0;
      for (size_t i = 0; i < run.findings.size(); ++i) {
        const Finding& finding = run.findings[i];
        if (finding.check != SelfTestCheck::kDataLine) continue;
        CHECK(finding.measured == static_cast<int32_t>(LineState::kShorted));
        CHECK(finding.index + finding.other == one + other);
        ++n_shorted;
      }
      CHECK(n_shorted == 2);
    }
  }
}

TEST_CASE("any two data lines that are exchanged are named; D0 with D1, which the app undoes, is no fault") {
  for (int one = 0; one < 8; ++one) {
    for (int other = one + 1; other < 8; ++other) {
      Run run;
      std::swap(run.carries[one], run.carries[other]);
      run.Part(2);
      CAPTURE(one);
      CAPTURE(other);
      if (one == 0 && other == 1) {
        CHECK(run.Find(SelfTestCheck::kD0D1Exchanged).measured == 1);
        CHECK(run.Find(SelfTestCheck::kPattern).measured == 7);
        CHECK(run.CountFailed() == 0);
        continue;
      }
      CHECK(run.Line(SelfTestCheck::kDataLine, static_cast<size_t>(one)) == LineState::kExchanged);
      CHECK(run.Find(SelfTestCheck::kDataLine, static_cast<uint8_t>(one)).other == other);
      CHECK(run.Find(SelfTestCheck::kDataLine, static_cast<uint8_t>(other)).other == one);
    }
  }
}

TEST_CASE_FIXTURE(Run,
                  "noise on the wires is seen in the second frame; a mirrored or flat picture is not the pattern") {
  noise = 1;
  Part(2);
  CHECK(Find(SelfTestCheck::kPatternRepeats).measured > 100);
  CHECK(Find(SelfTestCheck::kPatternRepeats).verdict == Verdict::kFailed);
  noise = 0;
  is_mirrored = true;
  Part(2);
  CHECK(Find(SelfTestCheck::kPattern).measured == 0);
  is_mirrored = false;
  is_flat = true;
  Part(2);
  CHECK(Find(SelfTestCheck::kPattern).verdict == Verdict::kFailed);
  CHECK(CountFailed() == 1);
}

TEST_CASE_FIXTURE(Run, "frames that do not come are a failed capture, and the pattern is not judged") {
  for (const size_t n : {1, 2}) {
    n_bad_frames = n;
    Part(2);
    CHECK(Find(SelfTestCheck::kCapture).status == Status::kSensorTimeout);
    CHECK(Find(SelfTestCheck::kPattern).verdict == Verdict::kSkipped);
    CHECK(findings.size() == 2);
  }
}

}  // namespace
}  // namespace tinyhost
