#include "drivers/ov7675.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#ifdef __ARM_FEATURE_SIMD32
#include <arm_acle.h>
#endif

namespace tinyhost {
namespace {

constexpr uint8_t kPid = 0x0a;
constexpr uint8_t kPidValue = 0x76;
constexpr uint8_t kClkrc = 0x11;
constexpr uint8_t kCom7 = 0x12;
constexpr uint8_t kCom7Reset = 0x80;
constexpr uint8_t kScalingXsc = 0x70;
constexpr uint8_t kScalingYsc = 0x71;
constexpr uint8_t kXsc = 0x3a;
constexpr uint8_t kYsc = 0x35;
constexpr uint8_t kPatternBit = 0x80;
constexpr uint8_t kMaxDivider = 64;

struct Setting {
  uint8_t address;
  uint8_t value;
};

constexpr Setting kSettings[] = {
    {0x6b, 0x0a},   // DBLV: PLL bypassed
    {kCom7, 0x00},  // YUV
    {0x3a, 0x04},   // TSLB: Y U Y V
    {0x3d, 0x88},   // COM13: gamma on; U before V
    {0x40, 0xc0},   // COM15: all of 0..255
    {0x15, 0x00},   // COM10: VSYNC and HREF high, data at the rising edge of PCLK
    {0x0c, 0x04},   // COM3: scaling down on
    {0x3e, 0x1a},   // COM14: PCLK / 4, by hand
    {0x72, 0x22},   // SCALING_DCWCTR: every 4th of both axes
    {0x73, 0xf2},   // SCALING_PCLK_DIV: 4
    {0xa2, 0x02},   // SCALING_PCLK_DELAY
    {0x17, 0x16},   // HSTART
    {0x18, 0x04},   // HSTOP
    {0x32, 0xa4},   // HREF: their lower bits
    {0x19, 0x02},   // VSTART
    {0x1a, 0x7a},   // VSTOP
    {0x03, 0x0a},   // VREF: their lower bits
    {0x13, 0xe7},   // COM8: automatic exposure, gain and white balance
};

/// Four pixels as a word, the first in its lowest byte.
uint32_t FourPixels(const uint8_t* pixels) {
  uint32_t four;
  std::memcpy(&four, pixels, sizeof four);
  return four;
}

/// ExchangeD0D1() of four pixels.
constexpr uint32_t ExchangeD0D1OfFour(uint32_t pixels) {
  return (pixels & 0xfcfcfcfc) | (pixels & 0x01010101) << 1 | (pixels >> 1 & 0x01010101);
}

/// `sum` plus the absolute differences of four pixels.
uint32_t AddDifferences(uint32_t pixels, uint32_t others, uint32_t sum) {
#ifdef __ARM_FEATURE_SIMD32
  return __usada8(pixels, others, sum);
#else
  for (uint32_t bit = 0; bit < 32; bit += 8) {
    sum += static_cast<uint32_t>(
        std::abs(static_cast<int>(pixels >> bit & 0xff) - static_cast<int>(others >> bit & 0xff)));
  }
  return sum;
#endif
}

constexpr uint32_t kAxis = 5;  // pixels of the picture for four of the window

/// Returns the median; sorts the values in place.
uint32_t Median(uint32_t* values, size_t n) {
  std::sort(values, values + n);
  return values[n / 2];
}

}  // namespace

bool Ov7675::IsThere() {
  uint8_t pid = 0;
  return bus_->Read(kAddress, kPid, &pid, 1) && pid == kPidValue;
}

bool Ov7675::Reset() { return bus_->WriteByte(kAddress, kCom7, kCom7Reset); }

Status Ov7675::Start(uint8_t divider) {
  if (divider == 0 || divider > kMaxDivider) return Status::kBadArgument;
  for (const Setting& setting : kSettings) {
    if (!bus_->WriteByte(kAddress, setting.address, setting.value)) return Status::kNoSensor;
  }
  if (!bus_->WriteByte(kAddress, kClkrc, static_cast<uint8_t>(divider - 1))) return Status::kNoSensor;
  return Show(Pattern::kNone);
}

/// The top bits of the scaling registers are bits 0 (XSC) and 1 (YSC) of the pattern's number: 2 is bars, 3 bars that
/// fade to grey (Linux, ov7670.c, ov7670_s_test_pattern()).
Status Ov7675::Show(Pattern pattern) {
  const uint8_t x_bit = pattern == Pattern::kFadingBars ? kPatternBit : 0;
  const uint8_t y_bit = pattern == Pattern::kNone ? 0 : kPatternBit;
  const bool is_set =
      bus_->WriteByte(kAddress, kScalingXsc, kXsc | x_bit) && bus_->WriteByte(kAddress, kScalingYsc, kYsc | y_bit);
  return is_set ? Status::kOk : Status::kSensorTimeout;
}

bool LearnTiming(uint32_t vsync_end, uint32_t* rises, uint32_t* falls, size_t n_rows, FrameTiming* timing) {
  if (n_rows != Ov7675::kHeight) return false;
  const uint32_t period = (rises[n_rows - 1] - rises[0]) / static_cast<uint32_t>(n_rows - 1);
  // Times relative to row 0, minus the regular row period: the rest varies only because of interrupts.
  for (size_t i = 0; i < n_rows; ++i) {
    falls[i] -= rises[i];
    rises[i] -= vsync_end + static_cast<uint32_t>(i) * period;
  }
  *timing = {Median(rises, n_rows), period, Median(falls, n_rows)};
  const bool is_even = rises[n_rows * 9 / 10] - rises[n_rows / 10] < period / 8;
  return is_even && timing->row_active < period && timing->row_active != 0;
}

// Four pixels at once, because there is little time per row.
void SwapDetector::AddRow(const uint8_t* row) {
  const uint8_t* above = n_rows_ == 0 ? row : last_;
  uint32_t as_is = 0;
  uint32_t back = 0;
  uint32_t before = row[0];  // the pixel on the left
  for (size_t x = 0; x < Ov7675::kWidth; x += 4) {
    const uint32_t four = FourPixels(row + x);
    const uint32_t beside = four << 8 | before;
    const uint32_t upper = FourPixels(above + x);
    before = four >> 24;
    as_is = AddDifferences(four, beside, AddDifferences(four, upper, as_is));
    const uint32_t put_right = ExchangeD0D1OfFour(four);
    back = AddDifferences(put_right, ExchangeD0D1OfFour(beside), back);
    back = AddDifferences(put_right, ExchangeD0D1OfFour(upper), back);
  }
  as_is_ += as_is;
  back_ += back;
  std::memcpy(last_, row, sizeof(last_));
  ++n_rows_;
}

void WindowScaler::Start(uint8_t* window) {
  out_ = window;
  phase_ = 0;
}

/// Window pixel k of four is made of picture pixels k and k + 1 of five, with weights 4 - k and k + 1, which add up to
/// 5; rows likewise. So of every five rows of the picture, all but the first end a row of the window, and all but the
/// last begin one.
void WindowScaler::AddRow(const uint8_t* row) {
  const uint8_t* pixels = row + (Ov7675::kWidth - Ov7675::kHeight) / 2;
  uint16_t sums[kSide];  // in fifths
  for (size_t x = 0; x < kSide; ++x) {
    const size_t k = x % (kAxis - 1);
    const uint8_t* pair = pixels + x / (kAxis - 1) * kAxis + k;
    sums[x] = static_cast<uint16_t>((kAxis - 1 - k) * pair[0] + (k + 1) * pair[1]);
  }
  for (size_t x = 0; x < kSide; ++x) {
    if (phase_ != 0) out_[x] = static_cast<uint8_t>((held_[x] + phase_ * sums[x] + 12) / 25);
    held_[x] = static_cast<uint16_t>((kAxis - 1 - phase_) * sums[x]);
  }
  if (phase_ != 0) out_ += kSide;
  phase_ = (phase_ + 1) % kAxis;
}

}  // namespace tinyhost
