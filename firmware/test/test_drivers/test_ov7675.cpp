#include <doctest/doctest.h>

#include <cmath>
#include <cstdlib>
#include <map>
#include <random>
#include <vector>

#include "drivers/ov7675.h"
#include "vision/picture.h"

namespace tinyhost {
namespace {

constexpr size_t kPixels = Ov7675::kWidth * Ov7675::kHeight;
using Picture = std::vector<uint8_t>;

/// Registers as after a reset, on a bus that may be cut after some writes.
struct SimulatedCamera : RegisterBus {
  std::map<uint8_t, uint8_t> registers = {{0x0a, 0x76}, {0x0b, 0x73}};
  size_t n_writes_left = 1000;
  bool was_reset = false;

  bool Read(uint8_t device, uint8_t first, uint8_t* data, size_t n) override {
    if (device != 0x21 || n != 1) return false;
    data[0] = registers[first];
    return true;
  }
  bool Write(uint8_t device, uint8_t first, const uint8_t* data, size_t n) override {
    if (device != 0x21 || n != 1 || n_writes_left == 0) return false;
    --n_writes_left;
    if (first == 0x12 && (data[0] & 0x80) != 0) was_reset = true;
    registers[first] = data[0];
    return true;
  }
};

TEST_CASE("camera is set to YUV, 160 x 120, a quarter of the clock") {
  SimulatedCamera chip;
  Ov7675 camera(&chip);
  CHECK(camera.IsThere());
  CHECK(camera.Reset());
  CHECK(chip.was_reset);
  CHECK(camera.Start(4) == Status::kOk);
  CHECK(chip.registers[0x11] == 3);
  CHECK(chip.registers[0x12] == 0x00);
  CHECK((chip.registers[0x3a] & 0x08) == 0);  // Y first
  CHECK(chip.registers[0x72] == 0x22);
  CHECK(chip.registers[0x73] == 0xf2);
  CHECK(chip.registers[0x3e] == 0x1a);
  // The window of the sensor is 640 x 480 by its own registers: start and stop in columns (modulo 784) and rows.
  const int h_start = chip.registers[0x17] << 3 | (chip.registers[0x32] & 7);
  const int h_stop = chip.registers[0x18] << 3 | (chip.registers[0x32] >> 3 & 7);
  const int v_start = chip.registers[0x19] << 2 | (chip.registers[0x03] & 3);
  const int v_stop = chip.registers[0x1a] << 2 | (chip.registers[0x03] >> 2 & 3);
  CHECK((h_stop - h_start + 784) % 784 == 640);
  CHECK(v_stop - v_start == 480);
  CHECK(camera.Start(0) == Status::kBadArgument);
  CHECK(camera.Start(65) == Status::kBadArgument);
}

TEST_CASE("camera shows its patterns, and the scaling registers keep the rest") {
  SimulatedCamera chip;
  Ov7675 camera(&chip);
  CHECK(camera.Show(Ov7675::Pattern::kBars) == Status::kOk);
  CHECK(chip.registers[0x70] == 0x3a);
  CHECK(chip.registers[0x71] == 0xb5);
  CHECK(camera.Show(Ov7675::Pattern::kFadingBars) == Status::kOk);
  CHECK(chip.registers[0x70] == 0xba);
  CHECK(chip.registers[0x71] == 0xb5);
  CHECK(camera.Show(Ov7675::Pattern::kNone) == Status::kOk);
  CHECK(chip.registers[0x70] == 0x3a);
}

TEST_CASE("a camera that stops to answer during set-up is no sensor; another chip at its address is none") {
  for (size_t n = 0; n < 20; ++n) {
    SimulatedCamera chip;
    chip.n_writes_left = n;
    CHECK(Ov7675(&chip).Start(4) != Status::kOk);
  }
  SimulatedCamera other;
  other.registers[0x0a] = 0x26;
  CHECK_FALSE(Ov7675(&other).IsThere());
}

struct Edges {
  std::vector<uint32_t> rises;
  std::vector<uint32_t> falls;
};

/// What a watcher sees of a frame, late at times; the clock wraps in the middle.
Edges WatchFrame(uint32_t vsync_end, FrameTiming timing, size_t n_rows, uint32_t seed) {
  std::mt19937 random(seed);
  Edges edges;
  for (size_t i = 0; i < n_rows; ++i) {
    const uint32_t rise = vsync_end + timing.first_row + static_cast<uint32_t>(i) * timing.row_period;
    const auto late = [&] { return i % 10 == 3 ? static_cast<uint32_t>(random() % 3000) : random() % 10; };
    edges.rises.push_back(rise + static_cast<uint32_t>(late()));
    edges.falls.push_back(rise + timing.row_active + static_cast<uint32_t>(late()));
  }
  return edges;
}

TEST_CASE("a frame's timing is learnt in spite of interrupts") {
  constexpr FrameTiming kTruth = {430'000, 100'352, 20'480};
  for (uint32_t seed = 0; seed < 50; ++seed) {
    const uint32_t vsync_end = 0xffffffffu - 6'000'000;
    Edges edges = WatchFrame(vsync_end, kTruth, Ov7675::kHeight, seed);
    FrameTiming timing = {};
    REQUIRE(LearnTiming(vsync_end, edges.rises.data(), edges.falls.data(), edges.rises.size(), &timing));
    CHECK(std::abs(static_cast<int>(timing.row_period - kTruth.row_period)) < 30);
    CHECK(std::abs(static_cast<int>(timing.row_active - kTruth.row_active)) < 30);
    for (uint32_t row = 0; row < Ov7675::kHeight; ++row) {
      const int error =
          static_cast<int>(timing.first_row + row * timing.row_period - kTruth.first_row - row * kTruth.row_period);
      CHECK(std::abs(error) < 3200);  // 50 us of 64 MHz: less than the margin of the capture
    }
  }
}

TEST_CASE("frames of another size, or with rows at odd distances, are refused") {
  constexpr FrameTiming kTruth = {430'000, 100'352, 20'480};
  FrameTiming timing = {};
  for (const size_t n_rows : {0, 1, 119, 121, 480}) {
    Edges edges = WatchFrame(0, kTruth, n_rows, 1);
    CHECK_FALSE(LearnTiming(0, edges.rises.data(), edges.falls.data(), n_rows, &timing));
  }
  Edges edges = WatchFrame(0, kTruth, Ov7675::kHeight, 1);
  for (size_t i = 60; i < Ov7675::kHeight; ++i) edges.rises[i] += kTruth.row_period;
  CHECK_FALSE(LearnTiming(0, edges.rises.data(), edges.falls.data(), Ov7675::kHeight, &timing));
}

/// Bars that fade to grey downwards, with noise.
Picture FadingBars(double noise, uint32_t seed) {
  std::mt19937 random(seed);
  std::normal_distribution<double> normal(0, noise > 0 ? noise : 1);
  Picture picture(kPixels);
  for (size_t y = 0; y < Ov7675::kHeight; ++y) {
    for (size_t x = 0; x < Ov7675::kWidth; ++x) {
      const double bar = 235.0 - static_cast<double>(x / 20) * 30;
      const double fade = static_cast<double>(y) / Ov7675::kHeight;
      const double value = bar * (1 - fade) + 128 * fade + (noise > 0 ? normal(random) : 0);
      picture[y * Ov7675::kWidth + x] = static_cast<uint8_t>(std::fmin(255, std::fmax(0, std::round(value))));
    }
  }
  return picture;
}

bool IsSwapped(const Picture& picture) {
  SwapDetector detector;
  detector.Start();
  for (size_t y = 0; y < Ov7675::kHeight; ++y) detector.AddRow(picture.data() + y * Ov7675::kWidth);
  return detector.is_swapped();
}

TEST_CASE("exchanged wires D0 and D1 are found on the fading bars, and right ones are left alone") {
  for (const double noise : {0.0, 0.5}) {
    Picture picture = FadingBars(noise, 1);
    CHECK_FALSE(IsSwapped(picture));
    for (uint8_t& pixel : picture) pixel = ExchangeD0D1(pixel);
    CHECK(IsSwapped(picture));
  }
}

TEST_CASE("no verdict is made of a flat or a random picture") {
  CHECK_FALSE(IsSwapped(Picture(kPixels, 77)));
  std::mt19937 random(5);
  Picture picture(kPixels);
  for (uint8_t& pixel : picture) pixel = static_cast<uint8_t>(random());
  CHECK_FALSE(IsSwapped(picture));
}

TEST_CASE("exchanging D0 and D1 twice changes nothing") {
  for (int pixel = 0; pixel < 256; ++pixel) {
    CHECK(ExchangeD0D1(ExchangeD0D1(static_cast<uint8_t>(pixel))) == pixel);
  }
  CHECK(ExchangeD0D1(0x01) == 0x02);
  CHECK(ExchangeD0D1(0xfe) == 0xfd);
}

TEST_CASE("the window is what the picture preparation makes of the whole picture") {
  std::mt19937 random(3);
  for (int round = 0; round < 10; ++round) {
    Picture picture(kPixels);
    for (uint8_t& pixel : picture) pixel = round == 0 ? 255 : static_cast<uint8_t>(random());
    Picture window(WindowScaler::kSide * WindowScaler::kSide, 1);
    WindowScaler scaler;
    scaler.Start(window.data());
    for (size_t y = 0; y < Ov7675::kHeight; ++y) scaler.AddRow(picture.data() + y * Ov7675::kWidth);
    Picture expected(window.size());
    TensorView input = {};
    input.data = expected.data();
    input.type = TensorType::kUint8;
    input.rank = 4;
    input.dims[0] = input.dims[3] = 1;
    input.dims[1] = input.dims[2] = WindowScaler::kSide;
    const PixelMap map = {1 << 16, 0};
    REQUIRE(PreparePicture(picture.data(), Ov7675::kWidth, Ov7675::kHeight, map, input) == Status::kOk);
    int largest = 0;
    for (size_t i = 0; i < window.size(); ++i) largest = std::max(largest, std::abs(window[i] - expected[i]));
    CHECK(largest <= 1);
  }
}

}  // namespace
}  // namespace tinyhost
