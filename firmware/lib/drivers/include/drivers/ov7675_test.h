#pragma once

#include <cstddef>
#include <cstdint>

#include "drivers/ov7675.h"
#include "hal/self_test.h"

namespace tinyhost {

/// The board's end of the camera's wires, for the self-test. No function here waits without a limit.
class CameraWires {
 public:
  enum class Pull : uint8_t { kNone, kUp, kDown };
  static constexpr size_t kDataLines = 8;  // bit n of Levels: Dn
  static constexpr size_t kSyncLines = 3;  // the bits above: VSYNC, HREF, PCLK

  /// The levels that the lines had.
  struct Levels {
    uint16_t were_low;
    uint16_t were_high;
  };
  /// A frame as its sync lines show it; times in us.
  struct FrameWatch {
    uint32_t n_rows;
    uint32_t frame_period;
    uint32_t row_period;
    uint32_t row_active;
  };
  struct RowSink {
    virtual void Take(const uint8_t* row, uint32_t y) = 0;  // Ov7675::kWidth pixels, as they came on D0 to D7

   protected:
    ~RowSink() = default;
  };

  /// Starts XCLK, makes the pins inputs, and waits until the camera can answer.
  virtual void PowerUp() = 0;
  virtual void WaitMs(uint32_t duration_ms) = 0;
  /// Whether a line of the bus (0: SIOC, 1: SIOD) is high a millisecond after the board held it low and released it.
  virtual bool BusLineRises(uint8_t line, Pull pull) = 0;
  /// Watches all lines for the time of two frames at kDivider.
  virtual Levels Watch(Pull pull) = 0;
  /// Returns false if VSYNC or HREF did not come.
  virtual bool WatchFrame(FrameWatch* watch) = 0;
  /// Passes the rows of one whole frame to `sink`; an abandoned frame starts again with y = 0.
  virtual Status TakeFrame(RowSink* sink) = 0;

 protected:
  ~CameraWires() = default;
};

/// Looks at the fading bars of the camera's test pattern, row by row: which lines are shorted, which are exchanged, and
/// whether the bars are right.
class PatternTest final : public CameraWires::RowSink {
 public:
  void Take(const uint8_t* row, uint32_t y) override;
  /// The state of the line, as far as a pattern can tell: kGood, kShorted or kExchanged, and the other line.
  LineState StateOf(uint8_t line, uint8_t* other) const;
  bool is_swapped() const { return swap_.is_swapped(); }
  /// How many of the 7 steps between the 8 bars get darker, with D0 and D1 in the right order.
  int32_t DarkerSteps() const;
  /// Checksum of a row.
  uint16_t checksum(size_t y) const { return checksums_[y]; }

 private:
  static constexpr size_t kBars = 8;
  static constexpr size_t kLines = CameraWires::kDataLines;

  static constexpr size_t kValues = 256;

  void CountPixels(const uint8_t* row, uint32_t y);
  uint32_t Differs(uint8_t line, uint8_t other) const;
  uint32_t Toggles(uint8_t line) const;
  bool Fits(uint8_t line, uint32_t expected) const;
  uint8_t ShortedTo(uint8_t line) const;
  uint32_t ToggleRank(uint8_t line) const;

  SwapDetector swap_;
  uint16_t n_pixels_[kValues] = {};   // of each value
  uint16_t n_changes_[kValues] = {};  // from one row to the next, by the lines that changed
  uint32_t bars_[2][kBars] = {};      // sums of the bars' centres near the top; [1]: D0 and D1 exchanged
  uint8_t last_[Ov7675::kWidth] = {};
  uint16_t checksums_[Ov7675::kHeight] = {};
};

/// The camera's self-test. Each part sets up the camera, and leaves its test pattern on: reset it before use.
class Ov7675Test {
 public:
  static constexpr uint16_t kParts = 3;
  static constexpr uint8_t kDivider = 4;  // of 16 MHz: a pixel clock of 1 MHz

  constexpr Ov7675Test(RegisterBus* bus, CameraWires* wires) : bus_(bus), wires_(wires) {}

  /// Part 0: the bus and the chip; 1: lines and timing; 2: the test pattern. `scratch` is for part 2.
  void Run(uint16_t part, PatternTest* scratch, hal::FindingList* findings);

 private:
  void TestBus(hal::FindingList* findings);
  void TestLines(hal::FindingList* findings);
  void TestTiming(hal::FindingList* findings);
  void TestPattern(PatternTest* scratch, hal::FindingList* findings);
  Status SetUp();

  RegisterBus* bus_;
  CameraWires* wires_;
};

}  // namespace tinyhost
