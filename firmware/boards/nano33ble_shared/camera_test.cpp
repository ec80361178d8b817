// The camera's self-test: the access to the pins for drivers/ov7675_test.h.
#include "hal/camera.h"

#include <initializer_list>

#include "boards/nano33ble_shared/camera_parts.h"
#include "boards/nano33ble_shared/i2c_bus.h"
#include "boards/nano33ble_shared/parts.h"
#include "hal/clock.h"

namespace tinyhost::hal {
namespace {

using namespace nrf52840;

constexpr uint64_t kWatchUs = 420'000;        // two frames at Ov7675Test::kDivider
constexpr uint64_t kSyncTimeoutUs = 500'000;  // for a signal that comes once per frame
constexpr uint32_t kPulls[] = {kInput, kPullUp, kPullDown};

bool IsHigh(uint8_t pin) { return (P0->IN >> pin & 1) != 0; }

/// Returns false if the pin of port 0 does not reach that level in time.
bool WaitForLevel(uint8_t pin, bool level) {
  const uint64_t start_us = MicrosNow();
  while (IsHigh(pin) != level) {
    if (MicrosNow() - start_us > kSyncTimeoutUs) return false;
  }
  return true;
}

class PinWires final : public CameraWires {
 public:
  void PowerUp() override { ConnectCamera(); }

  void WaitMs(uint32_t duration_ms) override { hal::WaitMs(duration_ms); }

  bool BusLineRises(uint8_t line, Pull pull) override {
    return LineRises(line == 0 ? kCameraScl : kCameraSda, pull == Pull::kUp);
  }

  Levels Watch(Pull pull) override {
    SetPulls(pull);
    hal::WaitMs(1);
    uint32_t low[2] = {0, 0};
    uint32_t high[2] = {0, 0};
    const uint64_t start_us = MicrosNow();
    do {
      for (int i = 0; i < 1000; ++i) {
        const uint32_t ports[2] = {P0->IN, P1->IN};
        for (size_t port = 0; port < 2; ++port) {
          low[port] |= ~ports[port];
          high[port] |= ports[port];
        }
      }
    } while (MicrosNow() - start_us < kWatchUs);
    SetPulls(Pull::kNone);
    return {Packed(low), Packed(high)};
  }

  bool WatchFrame(FrameWatch* watch) override {
    if (!WaitForLevel(kVsyncPin, true) || !WaitForLevel(kVsyncPin, false)) return false;
    const uint64_t begun_us = MicrosNow();
    uint64_t first_us = 0;
    uint64_t last_us = 0;
    uint64_t active_us = 0;
    *watch = {};
    while (!IsHigh(kVsyncPin)) {
      if (MicrosNow() - begun_us > kSyncTimeoutUs) return false;
      if (!IsHigh(kHrefPin)) continue;
      last_us = MicrosNow();
      if (watch->n_rows++ == 0) first_us = last_us;
      if (!WaitForLevel(kHrefPin, false)) return false;
      active_us += MicrosNow() - last_us;
    }
    if (!WaitForLevel(kVsyncPin, false)) return false;
    watch->frame_period = static_cast<uint32_t>(MicrosNow() - begun_us);
    if (watch->n_rows < 2) return false;
    watch->row_period = static_cast<uint32_t>((last_us - first_us) / (watch->n_rows - 1));
    watch->row_active = static_cast<uint32_t>(active_us / watch->n_rows);
    return true;
  }

  Status TakeFrame(RowSink* sink) override { return TakeCameraFrame(sink); }

 private:
  static void SetPulls(Pull pull) {
    const uint32_t configuration = kPulls[static_cast<size_t>(pull)];
    for (const uint8_t pin : kDataPins) P1->PIN_CNF[pin] = configuration;
    for (const uint8_t pin : {kVsyncPin, kHrefPin, kPclkPin}) P0->PIN_CNF[pin] = configuration;
  }

  /// Bits of both ports as Levels has them.
  static uint16_t Packed(const uint32_t* ports) {
    uint32_t bits = DataByte(ports[1]);
    bits |= (ports[0] >> kVsyncPin & 1) << kDataLines;
    bits |= (ports[0] >> kHrefPin & 1) << (kDataLines + 1);
    bits |= (ports[0] >> kPclkPin & 1) << (kDataLines + 2);
    return static_cast<uint16_t>(bits);
  }
};

}  // namespace

uint16_t CameraTestParts() { return Ov7675Test::kParts; }

void TestCamera(uint16_t part, FindingList* findings) {
  static PatternTest scratch;
  PinWires wires;
  Ov7675Test(&CameraRegisters(), &wires).Run(part, &scratch, findings);
  ForgetCamera();
}

}  // namespace tinyhost::hal
