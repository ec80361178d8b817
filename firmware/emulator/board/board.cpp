#include "emulator/board/board.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>

namespace tinyhost::emulator {
namespace {

// Port 0.
constexpr uint32_t kCameraScl = 2, kPclk = 4, kHref = 5, kBlueLed = 6, kSensorSda = 14, kSensorScl = 15, kGreenLed = 16;
constexpr uint32_t kStagePins[] = {28, 29, 30};  // A6, A3, A2: firmware/boards/nano33ble_shared/pins.h
constexpr uint32_t kMicrophonePower = 17, kVsync = 21, kSensorPower = 22, kRedLed = 24, kXclk = 27, kCameraSda = 31;
// Port 1.
constexpr uint32_t kSensorPullUp = 0;  // for the sensors' I2C
constexpr uint32_t kDataPins[] = {2, 3, 10, 11, 12, 13, 14, 15};

constexpr uint64_t kLongestTurn = 200;  // cycles of a loop that only waits for a pin

constexpr double kMicrophoneNoise = 3.0 / 32768;  // some 64 dB below a loud voice: MP34DT05's data sheet

uint32_t Pin(uint32_t pin, bool is_high) { return static_cast<uint32_t>(is_high) << pin; }

}  // namespace

double Microphone::SoundAt(double since_start_s) {
  std::array<double, SceneSamples::kMaxChannels> values = {};
  if (!is_powered_) return 0;
  if (samples_.At(since_start_s, &values)) return values[0];
  return std::uniform_real_distribution<double>(-kMicrophoneNoise, kMicrophoneNoise)(random_);
}

Board::Board(System system, const Options& options, Gpio& port0, Gpio& port1, const I2s& i2s)
    : system_(system),
      port0_(port0),
      port1_(port1),
      i2s_(i2s),
      revision_(options.revision),
      motion_(system, options.seed),
      lsm9ds1_(system, motion_),
      bmi270_(system, motion_),
      camera_(system, options.camera),
      microphone_(system, options.seed) {
  port0_.Wire([this] { return Port0(); });
  port1_.Wire([this] { return Port1(); });
  port0_.SetOutputListener([this] { Follow(); });
  port1_.SetOutputListener([this] { Follow(); });
}

void Board::Follow() {
  const bool has_sensor = port0_.IsDrivenHigh(kSensorPower) && is_motion_sensor_in_;
  lsm9ds1_.SetPower(has_sensor && revision_ == 1);
  bmi270_.SetPower(has_sensor && revision_ == 2);
  microphone_.SetPower(port0_.IsDrivenHigh(kMicrophonePower));
  camera_.SetClock(port0_.IsOutput(kXclk) ? i2s_.MasterClockCycles(kXclk) : 0);
  TellLed();
  NoteStages();
}

void Board::Poll() {
  motion_.Poll();
  microphone_.Poll();
  camera_.Poll();
}

/// A bus needs its pull-ups: the camera's module has its own, those of the sensors are switched.
I2cDevice* Board::Find(uint32_t scl_pin, uint32_t sda_pin, uint8_t address) {
  const auto is_answer = [address](const I2cDevice& device) {
    return device.is_there() && device.address() == address;
  };
  const bool is_pulled_up = port0_.IsPulledUp(scl_pin & 31) && port0_.IsPulledUp(sda_pin & 31);
  if (scl_pin == kCameraScl && sda_pin == kCameraSda) {
    return is_answer(camera_) ? &camera_ : nullptr;
  }
  if (scl_pin != kSensorScl || sda_pin != kSensorSda) return nullptr;
  if (!port1_.IsDrivenHigh(kSensorPullUp) && !is_pulled_up) return nullptr;
  if (is_answer(lsm9ds1_)) return &lsm9ds1_;
  return is_answer(bmi270_) ? &bmi270_ : nullptr;
}

PinLevels Board::Port0() {
  PinLevels outside;
  if (port1_.IsDrivenHigh(kSensorPullUp)) {
    outside.driven |= Pin(kSensorSda, true) | Pin(kSensorScl, true);
    outside.levels |= Pin(kSensorSda, true) | Pin(kSensorScl, true);
  }
  if (!camera_.is_plugged()) return outside;
  const Ov7675Chip::Lines lines = camera_.At(system_.clock.cycles());
  const uint32_t bus = Pin(kCameraScl, true) | Pin(kCameraSda, true);  // the module pulls it up
  outside.driven |= bus | Pin(kPclk, true) | Pin(kHref, true) | Pin(kVsync, true);
  outside.levels |= bus | Pin(kPclk, lines.pclk) | Pin(kHref, lines.href) | Pin(kVsync, lines.vsync);
  SkipToEdge(outside.levels);
  return outside;
}

PinLevels Board::Port1() {
  watchers_ = {};
  PinLevels outside;
  if (!camera_.is_plugged()) return outside;
  const uint8_t data = camera_.Data();
  for (uint32_t i = 0; i < 8; ++i) {
    outside.driven |= Pin(kDataPins[i], true);
    outside.levels |= Pin(kDataPins[i], (data >> i & 1) != 0);
  }
  return outside;
}

/// A loop that waits for a pin of the camera reads it a hundred times for each change. Its iterations are alike, so all
/// but the last before the change are skipped: time moves on by whole iterations, as if they had been run.
void Board::SkipToEdge(uint32_t levels) {
  const uint64_t now = system_.clock.cycles();
  const uint32_t block = system_.execution.block;
  if (block != watchers_[0].block && block != watchers_[1].block) {  // another loop
    watchers_[1] = watchers_[0];
    watchers_[0] = {block, now, levels, 0, 0};
    return;
  }
  if (block == watchers_[0].block) {
    watchers_[1] = {};  // one read per iteration
  } else {
    std::swap(watchers_[0], watchers_[1]);  // two reads, in turns
  }
  Watcher& watcher = watchers_[0];
  watcher.ignored |= watcher.changed;  // it reads again
  watcher.changed = levels ^ watcher.levels;
  watcher.levels = levels;
  const uint64_t period = now - watcher.at;
  const uint32_t pclk = Pin(kPclk, true);
  // A change since this read, or since the other read of the iteration, may end the loop.
  const bool is_news = (watcher.changed & ~watcher.ignored) != 0 ||
                       (watchers_[1].block != 0 && ((levels ^ watchers_[1].levels) & ~pclk) != 0);
  const uint64_t edge = std::min(camera_.NextEdge((watcher.ignored & pclk) != 0), system_.execution.next_event);
  const bool is_wait = !is_news && period != 0 && period <= kLongestTurn && edge != kNever;
  if (is_wait && edge > now + period) system_.clock.Advance((edge - now - 1) / period * period);
  watcher.at = system_.clock.cycles();
}

/// The RGB LED is active low.
void Board::TellLed() {
  static const char* const kColours[] = {"off", "blue", "green", "cyan", "red", "magenta", "yellow", "white"};
  const auto is_lit = [this](uint32_t pin) { return port0_.IsOutput(pin) && !port0_.IsDrivenHigh(pin); };
  const uint32_t led = Pin(2, is_lit(kRedLed)) | Pin(1, is_lit(kGreenLed)) | Pin(0, is_lit(kBlueLed));
  if (led == led_) return;
  led_ = led;
  system_.log.Say("LED %s", kColours[led]);
}

/// Records what a meter at the pins would see, in the file `marks`, as the virtual boards do (protocol/scene.toml).
void Board::NoteStages() {
  uint32_t stages = 0;
  for (uint32_t i = 0; i < 3; ++i) stages |= Pin(i, port0_.IsDrivenHigh(kStagePins[i]));
  if (stages == stages_) return;
  stages_ = stages;
  const int file = ::open("marks", O_WRONLY | O_CLOEXEC);
  if (file < 0) return;  // nobody reads them
  const StageMark mark = {system_.clock.TrueNs(), ++n_marks_, stages};
  (void)!::pwrite(file, &mark, sizeof mark, n_marks_ % kMarksKept * sizeof mark);
  ::close(file);
}

}  // namespace tinyhost::emulator
