#include "drivers/ov7675_test.h"

#include <algorithm>
#include <cstring>

#include "core/crc32.h"
#include "drivers/motion_self_test.h"

namespace tinyhost {
namespace {

using hal::Limits;
using Pull = CameraWires::Pull;

constexpr uint8_t kPid = 0x0a;  // and VER behind it: read one by one, as SCCB has no reads of several
constexpr uint8_t kVer = 0x0b;
constexpr uint8_t kHstart = 0x17;
constexpr uint8_t kHstartAfter = 0x16;
constexpr Limits kIdentities = {0x7670, 0x7673};  // OV7675: 0x7673; OV7670: 0x7670 to 0x7673
constexpr uint32_t kSettleMs = 450;               // two frames at kDivider, after the clock was changed

// At 16 MHz a row of the 640 x 480 sensor takes 784 * 2 clocks, and a frame 510 rows (OV7670 datasheet, timing of VGA
// frames); the divider stretches both. 160 x 120 takes every fourth row, and 320 bytes of a clock divided by 4.
constexpr int32_t kSensorRowUs = 784 * 2 * Ov7675Test::kDivider / 16;
constexpr int32_t kRowUs = 4 * kSensorRowUs;
constexpr int32_t kFrameUs = 510 * kSensorRowUs;
constexpr int32_t kActiveUs = static_cast<int32_t>(Ov7675::kRowBytes) * 4 * Ov7675Test::kDivider / 16;

constexpr size_t kBarPixels = 20;
constexpr uint32_t kBarRow = 4;  // near the top, where bars have hardly faded
constexpr uint32_t kLeastStep = 2;
constexpr uint32_t kSeldom = 64;  // two shorted wires are read differently at most once in this many times

constexpr Limits Around(int32_t value, int32_t percent) {
  return {value - value * percent / 100, value + value * percent / 100};
}

LineState StateOf(CameraWires::Levels up, CameraWires::Levels down, size_t line) {
  const auto was = [line](uint16_t levels) { return (levels >> line & 1) != 0; };
  const bool changes_up = was(up.were_low) && was(up.were_high);
  const bool changes_down = was(down.were_low) && was(down.were_high);
  if (changes_up && changes_down) return LineState::kGood;
  if (!changes_up && !changes_down && was(up.were_high) == was(down.were_high)) {
    return was(up.were_high) ? LineState::kHigh : LineState::kLow;
  }
  return LineState::kOpen;  // its few changes come from its neighbours
}

}  // namespace

void PatternTest::Take(const uint8_t* row, uint32_t y) {
  if (y >= Ov7675::kHeight) return;
  if (y == 0) *this = PatternTest();
  swap_.AddRow(row);
  CountPixels(row, y);
  checksums_[y] = static_cast<uint16_t>(Crc32(row, Ov7675::kWidth));
  if (y != kBarRow) return;
  for (size_t bar = 0; bar < kBars; ++bar) {
    for (size_t x = bar * kBarPixels + kBarPixels / 4; x < (bar + 1) * kBarPixels - kBarPixels / 4; ++x) {
      bars_[0][bar] += row[x];
      bars_[1][bar] += ExchangeD0D1(row[x]);
    }
  }
}

/// There is little time per row: what the lines did is counted afterwards, from how often each pixel value occurred.
void PatternTest::CountPixels(const uint8_t* row, uint32_t y) {
  const uint8_t* above = y == 0 ? row : last_;
  for (size_t x = 0; x < Ov7675::kWidth; ++x) {
    ++n_pixels_[row[x]];
    ++n_changes_[row[x] ^ above[x]];
  }
  std::memcpy(last_, row, sizeof(last_));
}

/// How many pixels had two lines at different levels.
uint32_t PatternTest::Differs(uint8_t line, uint8_t other) const {
  uint32_t n = 0;
  for (uint32_t pixel = 0; pixel < kValues; ++pixel) {
    if (((pixel >> line ^ pixel >> other) & 1) != 0) n += n_pixels_[pixel];
  }
  return n;
}

/// How often a line changed from one row to the next.
uint32_t PatternTest::Toggles(uint8_t line) const {
  uint32_t n = 0;
  for (uint32_t changed = 0; changed < kValues; ++changed) {
    if ((changed >> line & 1) != 0) n += n_changes_[changed];
  }
  return n;
}

/// Another line that is always equal to this one, or kNoIndex. The pattern cannot tell anything about lines that never
/// change.
uint8_t PatternTest::ShortedTo(uint8_t line) const {
  for (uint8_t other = 0; other < kLines; ++other) {
    if (other == line || Toggles(line) == 0 || Toggles(other) == 0) continue;
    if (Differs(line, other) * kSeldom < Ov7675::kWidth * Ov7675::kHeight) return other;
  }
  return kNoIndex;
}

/// How many lines toggle more often.
uint32_t PatternTest::ToggleRank(uint8_t line) const {
  const uint32_t own = Toggles(line);
  uint32_t rank = 0;
  for (uint8_t other = 0; other < kLines; ++other) {
    rank += Toggles(other) > own || (Toggles(other) == own && other < line) ? 1 : 0;
  }
  return rank;
}

/// Whether the line toggles about as often as the `rank`-th: then the two cannot be told apart.
bool PatternTest::Fits(uint8_t line, uint32_t rank) const {
  for (uint8_t other = 0; other < kLines; ++other) {
    if (ToggleRank(other) != rank) continue;
    const auto [less, more] = std::minmax({Toggles(line), Toggles(other)});
    return more - less < more / 4 + 1;
  }
  return true;
}

/// A smooth change toggles each bit about twice as often as the next higher one.
LineState PatternTest::StateOf(uint8_t line, uint8_t* other) const {
  *other = ShortedTo(line);
  if (*other != kNoIndex) return LineState::kShorted;
  size_t n_silent = 0;
  for (uint8_t each = 0; each < kLines; ++each) {
    n_silent += Toggles(each) == 0 ? 1 : 0;
    if (n_silent > 1 || ShortedTo(each) != kNoIndex) return LineState::kGood;  // ranks are meaningless then
  }
  const uint8_t expected = swap_.is_swapped() && line < 2 ? static_cast<uint8_t>(1 - line) : line;
  if (Fits(line, expected)) return LineState::kGood;
  *other = static_cast<uint8_t>(ToggleRank(line));
  return LineState::kExchanged;
}

int32_t PatternTest::DarkerSteps() const {
  const uint32_t* sums = bars_[is_swapped() ? 1 : 0];
  int32_t n = 0;
  for (size_t bar = 0; bar + 1 < kBars; ++bar) n += sums[bar] > sums[bar + 1] + kLeastStep * kBarPixels / 2 ? 1 : 0;
  return n;
}

void Ov7675Test::Run(uint16_t part, PatternTest* scratch, hal::FindingList* findings) {
  if (part == 0) TestBus(findings);
  if (part == 1) TestLines(findings);
  if (part == 2) TestPattern(scratch, findings);
}

void Ov7675Test::TestBus(hal::FindingList* findings) {
  wires_->PowerUp();
  for (uint8_t line = 0; line < 2; ++line) {
    LineState state = LineState::kGood;
    if (!wires_->BusLineRises(line, Pull::kNone)) {
      state = wires_->BusLineRises(line, Pull::kUp) ? LineState::kOpen : LineState::kLow;
    }
    findings->AddLine(SelfTestCheck::kBusLine, line, state);
  }
  uint8_t pid = 0;
  uint8_t ver = 0;
  if (!bus_->Read(Ov7675::kAddress, kPid, &pid, 1) || !bus_->Read(Ov7675::kAddress, kVer, &ver, 1)) {
    findings->Fail(SelfTestCheck::kIdentity, Status::kNoSensor);
    return findings->Skip(SelfTestCheck::kRegisters);
  }
  findings->Add(SelfTestCheck::kIdentity, pid << 8 | ver, kIdentities);
  TestRegister(bus_, Ov7675::kAddress, kHstart, kHstartAfter, findings);
}

/// Makes the camera send its test pattern, slowly.
Status Ov7675Test::SetUp() {
  wires_->PowerUp();
  Ov7675 camera(bus_);
  if (!camera.IsThere() || !camera.Reset()) return Status::kNoSensor;
  wires_->WaitMs(Ov7675::kResetMs);
  Status status = camera.Start(kDivider);
  if (status == Status::kOk) status = camera.Show(Ov7675::Pattern::kFadingBars);
  wires_->WaitMs(kSettleMs);
  return status;
}

void Ov7675Test::TestLines(hal::FindingList* findings) {
  const Status status = SetUp();
  if (status != Status::kOk) {
    findings->Fail(SelfTestCheck::kSyncLine, status);
    findings->Skip(SelfTestCheck::kDataLine);
    return findings->Skip(SelfTestCheck::kFrameRows);
  }
  const CameraWires::Levels up = wires_->Watch(Pull::kUp);
  const CameraWires::Levels down = wires_->Watch(Pull::kDown);
  bool is_in_sync = true;
  for (uint8_t i = 0; i < CameraWires::kSyncLines; ++i) {
    const LineState state = StateOf(up, down, CameraWires::kDataLines + i);
    findings->AddLine(SelfTestCheck::kSyncLine, i, state);
    is_in_sync = is_in_sync && state == LineState::kGood;
  }
  for (uint8_t i = 0; i < CameraWires::kDataLines; ++i) {
    findings->AddLine(SelfTestCheck::kDataLine, i, StateOf(up, down, i));
  }
  if (is_in_sync) return TestTiming(findings);
  findings->Skip(SelfTestCheck::kFrameRows);
}

void Ov7675Test::TestTiming(hal::FindingList* findings) {
  CameraWires::FrameWatch watch = {};
  if (!wires_->WatchFrame(&watch)) return findings->Fail(SelfTestCheck::kFrameRows, Status::kSensorTimeout);
  constexpr auto kRows = static_cast<int32_t>(Ov7675::kHeight);
  findings->Add(SelfTestCheck::kFrameRows, static_cast<int32_t>(watch.n_rows), {kRows, kRows});
  findings->Add(SelfTestCheck::kFramePeriod, static_cast<int32_t>(watch.frame_period), Around(kFrameUs, 3));
  findings->Add(SelfTestCheck::kRowPeriod, static_cast<int32_t>(watch.row_period), Around(kRowUs, 3));
  findings->Add(SelfTestCheck::kRowActive, static_cast<int32_t>(watch.row_active), Around(kActiveUs, 6));
}

void Ov7675Test::TestPattern(PatternTest* scratch, hal::FindingList* findings) {
  uint16_t checksums[Ov7675::kHeight];
  Status status = SetUp();
  if (status == Status::kOk) status = wires_->TakeFrame(scratch);
  for (size_t y = 0; y < Ov7675::kHeight; ++y) checksums[y] = scratch->checksum(y);
  if (status == Status::kOk) status = wires_->TakeFrame(scratch);
  if (status != Status::kOk) {
    findings->Fail(SelfTestCheck::kCapture, status);
    return findings->Skip(SelfTestCheck::kPattern);
  }
  findings->Add(SelfTestCheck::kCapture, 2, {2, 2});
  for (uint8_t line = 0; line < CameraWires::kDataLines; ++line) {
    uint8_t other = kNoIndex;
    const LineState state = scratch->StateOf(line, &other);
    if (state != LineState::kGood) findings->AddLine(SelfTestCheck::kDataLine, line, state, other);
  }
  findings->Note(SelfTestCheck::kD0D1Exchanged, scratch->is_swapped() ? 1 : 0, {0, 1});
  findings->Add(SelfTestCheck::kPattern, scratch->DarkerSteps(), {7, 7});
  int32_t n_changed = 0;
  for (size_t y = 0; y < Ov7675::kHeight; ++y) n_changed += checksums[y] != scratch->checksum(y) ? 1 : 0;
  findings->Add(SelfTestCheck::kPatternRepeats, n_changed, {0, 0});
}

}  // namespace tinyhost
