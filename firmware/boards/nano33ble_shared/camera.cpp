// The kit's OV7675, or an OV7670, whose pixels are read from the pins one by one. Wiring: docs/guides/board.md.
//
// A row must not be interrupted, but a frame takes 150 ms, and USB cannot wait that long. So the code watches one frame
// to learn its timing. After that interrupts are off only from shortly before a row until its end: a third of a
// millisecond. A row whose start was missed spoils the frame, and the next one is taken. Every wait has a limit.
#include "hal/camera.h"

#include <algorithm>
#include <cstring>
#include <initializer_list>

#include "boards/nano33ble_shared/camera_parts.h"
#include "boards/nano33ble_shared/i2c_bus.h"
#include "boards/nano33ble_shared/parts.h"
#include "boards/nrf52840/cortex_m4.h"
#include "drivers/ov7675.h"
#include "hal/clock.h"

namespace tinyhost::hal {
namespace {

using namespace nrf52840;

constexpr uint32_t kPclk = 1u << kPclkPin;
constexpr uint32_t kHref = 1u << kHrefPin;
constexpr uint32_t kVsync = 1u << kVsyncPin;
constexpr uint8_t kXclkPin = 27;  // D9: P0.27

constexpr uint8_t kDividers[] = {3, 4, 6, 8, 12, 2};  // of 16 MHz; tried in this order until rows can be read
constexpr uint32_t kTicksPerUs = 64;
constexpr uint32_t kShortestRowUs = 200;                 // 40 ticks a byte
constexpr uint32_t kLongestRowUs = 500;                  // then interrupts are off for long
constexpr uint32_t kMarginTicks = 100 * kTicksPerUs;     // interrupts are off so long before a row
constexpr uint32_t kMaxRowPolls = 12'000;                // limit for a whole row: 1 to 2 ms
constexpr uint32_t kFrameTicks = 400'000 * kTicksPerUs;  // no frame takes longer
constexpr int kTries = 2;                                // frames to try until one is whole
// From the first clock to the first register access: Adafruit_OV7670 waits for 300 ms, Arduino_OV767X for 1 s; no
// datasheet gives a time.
constexpr uint32_t kPowerUpMs = 300;

enum class Taken : uint8_t { kRow, kMissed, kTimeout };

I2cBus& CameraBus() {
  // SCCB: I2C with a stop between the register's address and its value.
  static I2cBus bus(TWIM0, kCameraSda, kCameraScl, k100KHz, I2cBus::Reads::kStopBetween);
  return bus;
}

Ov7675& Camera() {
  static Ov7675 camera(&CameraBus());
  return camera;
}

bool is_ready = false;
bool is_swapped = false;
FrameTiming timing;

uint32_t Now() { return cortex_m4::DWT->CYCCNT; }
bool IsHigh(uint32_t pin) { return (P0->IN & pin) != 0; }

/// Returns false if the pin does not reach that level within this many ticks.
bool WaitForPin(uint32_t pin, bool level, uint32_t ticks) {
  const uint32_t start = Now();
  while (IsHigh(pin) != level) {
    if (Now() - start > ticks) return false;
  }
  return true;
}

/// The camera's clock is the master clock of the I2S peripheral, 16 MHz: product specification, section 6.11. TXEN
/// stays 1, as after a reset, with nothing to transmit: Arduino_OV767X gets its clock that way on silicon. Returns
/// false if the clock was already on.
bool StartClock() {
  if (I2S->ENABLE != 0) return false;
  P0->PIN_CNF[kXclkPin] = kOutput | kHighDrive;
  I2S->PSEL_MCK = kXclkPin;
  I2S->CONFIG_MODE = kMaster;
  I2S->CONFIG_MCKFREQ = k32MHzBy2;
  I2S->CONFIG_MCKEN = 1;
  I2S->ENABLE = 1;
  I2S->TASKS_START = 1;
  return true;
}

void ConnectPins() {
  for (const uint8_t pin : kDataPins) P1->PIN_CNF[pin] = kInput;
  for (const uint8_t pin : {kPclkPin, kHrefPin, kVsyncPin}) P0->PIN_CNF[pin] = kInput;
}

bool WaitForFrame(uint32_t* vsync_end) {
  if (!WaitForPin(kVsync, true, kFrameTicks) || !WaitForPin(kVsync, false, kFrameTicks)) return false;
  *vsync_end = Now();
  return true;
}

/// Watches a frame with interrupts on.
bool WatchFrame(FrameTiming* learnt) {
  static uint32_t rises[Ov7675::kHeight + 1];
  static uint32_t falls[Ov7675::kHeight + 1];
  uint32_t vsync_end = 0;
  if (!WaitForFrame(&vsync_end)) return false;
  size_t n_rows = 0;
  while (n_rows <= Ov7675::kHeight && Now() - vsync_end < kFrameTicks) {
    if (IsHigh(kVsync)) break;
    if (!IsHigh(kHref)) continue;
    rises[n_rows] = Now();
    if (!WaitForPin(kHref, false, kFrameTicks)) return false;
    falls[n_rows++] = Now();
  }
  return LearnTiming(vsync_end, rises, falls, n_rows, learnt);
}

/// Polls the camera's clock and HREF, both on P0, up to a total number of times.
struct Poll {
  const volatile uint32_t* port;
  uint32_t n_left = kMaxRowPolls;
  uint32_t pins = 0;

  /// Returns false after the last poll.
  __attribute__((always_inline)) bool Next() {
    pins = *port;
    return --n_left != 0;
  }
  /// Waits until PCLK has fallen, if it is high, and then risen. Returns false if it does not.
  __attribute__((always_inline)) bool WaitForByte() {
    while ((pins & kPclk) != 0) {
      if (!Next()) return false;
    }
    while ((pins & kPclk) == 0) {
      if (!Next()) return false;
    }
    return true;
  }
};

/// Waits for HREF and reads the grey bytes of a row. A byte takes 48 cycles at divider 3, and HREF rises as PCLK falls:
/// from one edge to the loop that waits for the next one there are some 20 cycles, as compiled at -O2. A missed start
/// shifts the row: then HREF ends before its last byte.
Taken ReadRow(uint8_t* row) {
  Poll poll{&P0->IN};
  __asm__("" : "+r"(poll.port));  // one address in a register for both ports: loading a second one takes cycles
  constexpr ptrdiff_t kNextPort = (P1.address - P0.address) / sizeof(uint32_t);
  while ((poll.pins & kHref) == 0) {
    if (!poll.Next()) return Taken::kTimeout;
  }
  for (const uint8_t* const end = row + Ov7675::kWidth; row != end; ++row) {
    if (!poll.WaitForByte()) return Taken::kTimeout;
    const uint32_t data = poll.port[kNextPort];
    if ((poll.pins & kHref) == 0) return Taken::kMissed;
    *row = DataByte(data);
    if (!poll.WaitForByte()) return Taken::kTimeout;  // U or V
    if ((poll.pins & kHref) == 0) return Taken::kMissed;
  }
  return Taken::kRow;
}

/// Takes the row that is expected to begin at that time.
Taken TakeRow(uint32_t begin, uint8_t* row) {
  const uint32_t early = begin - kMarginTicks;
  while (static_cast<int32_t>(Now() - early) < 0) {
  }
  cortex_m4::DisableInterrupts();
  const Taken taken = IsHigh(kHref) ? Taken::kMissed : ReadRow(row);
  cortex_m4::EnableInterrupts();
  return taken;
}

/// Hands the rows of the next whole frame to `sink(row, y)`.
template <typename Sink>
Status TakeFrame(uint64_t* begun_us, Sink sink) {
  for (int i = 0; i < kTries; ++i) {
    uint32_t vsync_end = 0;
    if (!WaitForFrame(&vsync_end)) return Status::kSensorTimeout;
    *begun_us = MicrosNow();
    Taken taken = Taken::kRow;
    for (uint32_t y = 0; y < Ov7675::kHeight && taken == Taken::kRow; ++y) {
      uint8_t row[Ov7675::kWidth];
      taken = TakeRow(vsync_end + timing.first_row + y * timing.row_period, row);
      if (taken == Taken::kRow) sink(row, y);
    }
    if (taken == Taken::kRow) return Status::kOk;
    if (taken == Taken::kTimeout) break;
  }
  return Status::kSensorTimeout;
}

/// Whether rows at this pixel clock are slow enough to be read, and short enough to keep interrupts off.
Status TryClock(uint8_t divider) {
  const Status status = Camera().Start(divider);
  if (status != Status::kOk) return status;
  uint32_t vsync_end = 0;
  if (!WaitForFrame(&vsync_end)) return Status::kSensorTimeout;  // the one that it was in the middle of
  const bool is_learnt = WatchFrame(&timing);
  const uint32_t row_us = timing.row_active / kTicksPerUs;
  return is_learnt && row_us >= kShortestRowUs && row_us <= kLongestRowUs ? Status::kOk : Status::kSensorTimeout;
}

Status FindSwap() {
  static SwapDetector detector;
  detector.Start();
  uint64_t begun_us = 0;
  Status status = Camera().Show(Ov7675::Pattern::kFadingBars);
  if (status == Status::kOk) {
    status = TakeFrame(&begun_us, [](const uint8_t* row, uint32_t /*y*/) { detector.AddRow(row); });
  }
  is_swapped = detector.is_swapped();
  const Status back = Camera().Show(Ov7675::Pattern::kNone);
  return status == Status::kOk ? back : status;
}

/// Tries one divider per set-up, because the host waits: the next one if a frame could not be read with this one.
Status SetUp() {
  static size_t next = 0;
  ConnectCamera();
  if (!Camera().IsThere() || !Camera().Reset()) return Status::kNoSensor;
  WaitMs(Ov7675::kResetMs);
  Status status = TryClock(kDividers[next]);
  if (status == Status::kOk) status = FindSwap();
  if (status == Status::kSensorTimeout) next = (next + 1) % (sizeof(kDividers) / sizeof(kDividers[0]));
  return status;
}

}  // namespace

Status CaptureFrame(CameraResolution resolution, uint8_t* pixels, size_t capacity, CameraFrame* frame) {
  static WindowScaler scaler;
  const bool is_window = resolution == CameraResolution::kWindow96;
  const size_t width = is_window ? WindowScaler::kSide : Ov7675::kWidth;
  const size_t height = is_window ? WindowScaler::kSide : Ov7675::kHeight;
  if (capacity < width * height) return Status::kNoSpace;
  Status status = is_ready ? Status::kOk : SetUp();
  uint64_t begun_us = 0;
  scaler.Start(pixels);
  if (status == Status::kOk) {
    status = TakeFrame(&begun_us, [is_window, pixels](uint8_t* row, uint32_t y) {
      if (is_swapped) std::transform(row, row + Ov7675::kWidth, row, ExchangeD0D1);
      if (is_window) return scaler.AddRow(row);
      std::memcpy(pixels + y * Ov7675::kWidth, row, Ov7675::kWidth);
    });
  }
  is_ready = status == Status::kOk;  // otherwise it is set up again: it may have been unplugged
  *frame = {static_cast<uint16_t>(width), static_cast<uint16_t>(height), begun_us};
  return status;
}

RegisterBus& CameraRegisters() { return CameraBus(); }

void ConnectCamera() {
  ConnectPins();
  WaitMs(StartClock() ? kPowerUpMs : Ov7675::kResetMs);
}

Status TakeCameraFrame(CameraWires::RowSink* sink) {
  uint64_t begun_us = 0;
  if (!WatchFrame(&timing)) return Status::kSensorTimeout;
  return TakeFrame(&begun_us, [sink](const uint8_t* row, uint32_t y) { sink->Take(row, y); });
}

void ForgetCamera() { is_ready = false; }

}  // namespace tinyhost::hal
