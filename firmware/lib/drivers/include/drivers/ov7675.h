#pragma once

#include <cstddef>
#include <cstdint>

#include "core/status.h"
#include "drivers/register_bus.h"

namespace tinyhost {

/// OmniVision's OV7675 (and its predecessor OV7670): grayscale frames of 160 x 120. Registers as in the OV7675
/// datasheet, section 7; settings for 160 x 120 as in the OV7670/OV7171 Implementation Guide.
class Ov7675 {
 public:
  static constexpr uint8_t kAddress = 0x21;
  static constexpr size_t kWidth = 160;
  static constexpr size_t kHeight = 120;
  static constexpr size_t kRowBytes = 2 * kWidth;  // Y, U, Y, V: every other one is grey

  enum class Pattern : uint8_t { kNone, kBars, kFadingBars };

  explicit constexpr Ov7675(RegisterBus* bus) : bus_(bus) {}

  bool IsThere();
  /// Resets all registers to their defaults; wait kResetMs after it.
  bool Reset();
  static constexpr uint32_t kResetMs = 5;
  /// Sets the pixel clock to XCLK / divider / 4; divider 1..64.
  Status Start(uint8_t divider);
  /// Makes the sensor send this pattern instead of the picture.
  Status Show(Pattern pattern);

 private:
  RegisterBus* bus_;
};

/// The timing of a frame, in ticks of any clock.
struct FrameTiming {
  uint32_t first_row;   // from the end of VSYNC to the first row's HREF
  uint32_t row_period;  // from a row's HREF to the next one's
  uint32_t row_active;  // how long HREF is high
};

/// Learns a frame's timing as medians of the times when HREF was seen to rise and to fall, which are late if the
/// watcher was interrupted. `rises` and `falls` are sorted in place. Returns false unless they are kHeight rows at
/// equal distances.
bool LearnTiming(uint32_t vsync_end, uint32_t* rises, uint32_t* falls, size_t n_rows, FrameTiming* timing);

/// Detects whether the camera's wires D0 and D1 are swapped, as on some of the kit's shields: then neighbouring pixels
/// differ less once they are swapped back. Reliable only for smooth pictures: Pattern::kFadingBars.
class SwapDetector {
 public:
  void Start() { *this = SwapDetector(); }
  void AddRow(const uint8_t* row);  // kWidth pixels, as they came
  bool is_swapped() const { return n_rows_ > 1 && back_ * 8 < as_is_ * 7; }

 private:
  size_t n_rows_ = 0;
  uint64_t as_is_ = 0;
  uint64_t back_ = 0;
  uint8_t last_[Ov7675::kWidth] = {};
};

/// The pixel with D0 and D1 exchanged.
constexpr uint8_t ExchangeD0D1(uint8_t pixel) {
  return static_cast<uint8_t>((pixel & 0xfc) | (pixel & 1) << 1 | (pixel >> 1 & 1));
}

/// Scales the middle 120 x 120 of the incoming rows to 96 x 96, row by row: five to four on both axes, by area.
class WindowScaler {
 public:
  static constexpr size_t kSide = 96;

  /// `window` gets kSide x kSide pixels.
  void Start(uint8_t* window);
  void AddRow(const uint8_t* row);

 private:
  uint8_t* out_ = nullptr;
  size_t phase_ = 0;
  uint16_t held_[kSide] = {};  // sums for the unfinished row of the window, in 25ths
};

}  // namespace tinyhost
