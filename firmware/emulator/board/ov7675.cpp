#include "emulator/board/ov7675.h"

#include <algorithm>

namespace tinyhost::emulator {
namespace {

constexpr uint8_t kPid = 0x0a, kVer = 0x0b, kClkrc = 0x11, kCom7 = 0x12, kXsc = 0x70, kYsc = 0x71;
constexpr uint8_t kCom7Reset = 0x80, kPatternBit = 0x80;

// In clocks of XCLK / divider: a row takes 784 pixels of two clocks; a frame has 510 rows (Implementation Guide, 3).
constexpr uint64_t kRowClocks = 2 * 784;
constexpr uint64_t kFrameClocks = 510 * kRowClocks;
constexpr uint64_t kVsyncClocks = 3 * kRowClocks;
constexpr uint64_t kFirstRow = 20 * kRowClocks;
constexpr uint64_t kRowDistance = 4 * kRowClocks;  // every fourth row is sent
constexpr uint64_t kByteClocks = 4;                // PCLK / 4
constexpr uint64_t kRowBytes = 2 * Ov7675Chip::kWidth;
constexpr uint64_t kHrefClocks = kRowBytes * kByteClocks;
constexpr uint8_t kGreyChroma = 0x80;

uint8_t SwapD0D1(uint8_t byte) { return static_cast<uint8_t>((byte & 0xfc) | (byte & 1) << 1 | (byte >> 1 & 1)); }

}  // namespace

Ov7675Chip::Ov7675Chip(System system, Wires wires)
    : system_(system), scene_(SceneSensor::kCamera), wires_(wires), picture_(kWidth * kHeight, 0) {
  Reset();
}

void Ov7675Chip::Reset() {
  registers_.fill(0);
  registers_[kPid] = 0x76;
  registers_[kVer] = 0x73;
  registers_[kClkrc] = 0x80;
  registers_[kXsc] = 0x3a;
  registers_[kYsc] = 0x35;
}

void Ov7675Chip::Poll() { has_scene_ = scene_.is_there(); }

void Ov7675Chip::Plug(bool is_in) {
  if (is_in && !is_in_) Reset();
  is_in_ = is_in;
}

void Ov7675Chip::SetClock(uint64_t xclk_cycles) {
  if (xclk_cycles == xclk_cycles_) return;
  xclk_cycles_ = xclk_cycles;
  begin_ = system_.clock.cycles();
}

void Ov7675Chip::WriteRegister(uint8_t address, uint8_t value) {
  if (address == kCom7 && (value & kCom7Reset) != 0) return Reset();
  if (address == kClkrc) begin_ = system_.clock.cycles();  // a new clock: the frame begins anew
  registers_[address] = value;
}

uint64_t Ov7675Chip::FrameClock(uint64_t cycles) const { return (cycles - begin_) / CyclesPerClock() % kFrameClocks; }

Ov7675Chip::Lines Ov7675Chip::At(uint64_t cycles) const {
  if (!is_there()) return {};
  const uint64_t clock = FrameClock(cycles);
  Lines lines;
  lines.vsync = clock < kVsyncClocks;
  lines.pclk = clock % kByteClocks >= kByteClocks / 2;
  if (clock >= kFirstRow && clock - kFirstRow < kHeight * kRowDistance) {
    lines.href = (clock - kFirstRow) % kRowDistance < kHrefClocks;
  }
  return lines;
}

uint8_t Ov7675Chip::Data() {
  if (!is_there()) return 0;
  const uint64_t clock = FrameClock(system_.clock.cycles());
  if (clock < kFirstRow || clock - kFirstRow >= kHeight * kRowDistance) return 0;
  const uint64_t in_row = (clock - kFirstRow) % kRowDistance;
  if (in_row >= kHrefClocks) return 0;
  const uint64_t byte = in_row / kByteClocks;
  const uint8_t grey =
      Pixel(static_cast<uint32_t>(byte / 2), static_cast<uint32_t>((clock - kFirstRow) / kRowDistance));
  const uint8_t value = byte % 2 == 0 ? grey : kGreyChroma;
  return wires_ == Wires::kSwapped ? SwapD0D1(value) : value;
}

/// Test patterns as firmware/lib/drivers describes them: eight bars, which fade to grey with the second bit.
uint8_t Ov7675Chip::Pixel(uint32_t x, uint32_t y) {
  const bool has_bars = (registers_[kYsc] & kPatternBit) != 0;
  const bool fades = (registers_[kXsc] & kPatternBit) != 0;
  if (has_bars) {
    const int bar = 255 - 36 * static_cast<int>(x / 20);
    return static_cast<uint8_t>(fades ? bar + (128 - bar) * static_cast<int>(y) / 160 : bar);
  }
  const uint64_t frame = (system_.clock.cycles() - begin_) / CyclesPerClock() / kFrameClocks;
  if (frame != picture_frame_) {
    if (is_read_whole_) TakePicture();
    picture_frame_ = frame;
    is_read_whole_ = false;
  }
  if (x == kWidth - 1 && y == kHeight - 1) is_read_whole_ = true;
  return picture_[y * kWidth + x];
}

void Ov7675Chip::TakePicture() {
  SceneRequest request = {};
  request.width = kWidth;
  request.height = kHeight;
  std::vector<uint8_t> pixels;
  const std::optional<SceneReply> reply = scene_.Ask(request, &pixels);
  if (reply && reply->status == Status::kOk && pixels.size() == picture_.size()) {
    picture_ = pixels;
    return;
  }
  system_.log.Say("the scene gives no picture: the camera sees nothing");
  std::fill(picture_.begin(), picture_.end(), uint8_t{0});
}

uint64_t Ov7675Chip::NextEdge(bool slow_only) const {
  if (!is_there()) return kNever;
  const uint64_t per_clock = CyclesPerClock();
  const uint64_t count = (system_.clock.cycles() - begin_) / per_clock;
  const uint64_t clock = count % kFrameClocks;
  uint64_t next = kFrameClocks;
  if (!slow_only) {
    next = clock + kByteClocks / 2 - clock % (kByteClocks / 2);
  } else if (clock < kVsyncClocks) {
    next = kVsyncClocks;
  } else if (clock < kFirstRow) {
    next = kFirstRow;
  } else if (clock - kFirstRow < kHeight * kRowDistance) {
    const uint64_t in_row = (clock - kFirstRow) % kRowDistance;
    next = clock - in_row + (in_row < kHrefClocks ? kHrefClocks : kRowDistance);
  }
  return begin_ + (count - clock + next) * per_clock;
}

}  // namespace tinyhost::emulator
