// What a model sees of a frame, against the definition in doubles. Every buffer is just as large as it must be, so that
// the sanitizers see a step outside it.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include "vision/picture.h"

namespace tinyhost {
namespace {

struct Frame {
  int width;
  int height;
  std::vector<uint8_t> pixels;
};

Frame RandomFrame(std::mt19937* random, int width, int height) {
  Frame frame{width, height, std::vector<uint8_t>(static_cast<size_t>(width * height))};
  for (uint8_t& pixel : frame.pixels) pixel = static_cast<uint8_t>((*random)() & 255);
  return frame;
}

/// A model's input of one picture, with room for just its bytes.
struct Input {
  int height;
  int width;
  int channels;
  TensorType type = TensorType::kInt8;
  std::vector<uint8_t> bytes = std::vector<uint8_t>(static_cast<size_t>(height * width * channels));

  TensorView view() { return {type, 4, {1, height, width, channels}, 1.0f, 0, bytes.size(), bytes.data()}; }
};

Status Prepare(const Frame& frame, Input* input, const PixelMap& map = {}) {
  return PreparePicture(frame.pixels.data(), frame.width, frame.height, map, input->view());
}

/// The weight of source pixel `k` for target pixel `i`, of an axis of `source` pixels that is scaled to `target`.
double Weight(int source, int target, int i, int k) {
  const double ratio = static_cast<double>(source) / target;
  if (target <= source) {
    const double overlap = std::min((i + 1) * ratio, k + 1.0) - std::max(i * ratio, static_cast<double>(k));
    return std::max(0.0, overlap) / ratio;
  }
  const double center = std::min(std::max((i + 0.5) * ratio - 0.5, 0.0), source - 1.0);
  return std::max(0.0, 1.0 - std::abs(center - k));
}

/// Grey of target pixel (x, y) by the definition: area average where an axis shrinks, bilinear where it grows.
double GreyAt(const Frame& frame, const SeenWindow& seen, const Input& input, int x, int y) {
  double sum = 0;
  for (int row = 0; row < seen.height; ++row) {
    const double weight = Weight(seen.height, input.height, y, row);
    if (weight == 0) continue;
    const uint8_t* pixels = frame.pixels.data() + (seen.top + row) * frame.width + seen.left;
    for (int column = 0; column < seen.width; ++column) {
      sum += weight * Weight(seen.width, input.width, x, column) * pixels[column];
    }
  }
  return sum;
}

}  // namespace

TEST_CASE("a frame of any size is the definition's, to the rounding of a weight") {
  std::mt19937 random(7);
  const auto side = [&random](int most) { return 1 + static_cast<int>(random() % static_cast<uint32_t>(most)); };
  for (int i = 0; i < 60; ++i) {
    const Frame frame = RandomFrame(&random, side(40), side(40));
    Input input{side(24), side(24), i % 3 == 0 ? 3 : 1};
    CAPTURE(frame.width);
    CAPTURE(frame.height);
    CAPTURE(input.width);
    CAPTURE(input.height);
    REQUIRE(Prepare(frame, &input) == Status::kOk);
    const SeenWindow seen = SeenWindowOf(frame.width, frame.height, input.view());
    double worst = 0;
    for (int y = 0; y < input.height; ++y) {
      for (int x = 0; x < input.width; ++x) {
        const double expected = GreyAt(frame, seen, input, x, y);
        for (int channel = 0; channel < input.channels; ++channel) {
          const uint8_t value = input.bytes[static_cast<size_t>((y * input.width + x) * input.channels + channel)];
          worst = std::max(worst, std::abs(static_cast<int8_t>(value) + 128 - expected));
        }
      }
    }
    // A half for the last rounding; a weight of a growing axis is a multiple of 1/256, so is off by less than that.
    const bool grows = input.width > seen.width || input.height > seen.height;
    CHECK(worst <= (grows ? 0.5 + 2 * 255.0 / 256 : 0.5 + 1e-9));
  }
}

TEST_CASE("what a model sees is the largest window in the middle with its aspect") {
  Input square{96, 96, 1};
  const SeenWindow wide = SeenWindowOf(160, 120, square.view());
  CHECK(wide.left == 20);
  CHECK(wide.top == 0);
  CHECK(wide.width == 120);
  CHECK(wide.height == 120);
  const SeenWindow line = SeenWindowOf(kMaxPictureSide, 1, Input{kMaxPictureSide, 1, 1}.view());
  CHECK(line.left == kMaxPictureSide / 2 - 1);
  CHECK(line.width == 1);
  CHECK(line.height == 1);
}

TEST_CASE("a frame of the model's own size is copied, and its map saturates at both ends of the type") {
  const Frame frame{3, 1, {0, 100, 255}};
  Input input{1, 3, 1};
  REQUIRE(Prepare(frame, &input) == Status::kOk);
  CHECK(input.bytes == std::vector<uint8_t>{0x80, 0xE4, 0x7F});
  const PixelMap steep{3 << 16, -(300 << 16)};
  REQUIRE(Prepare(frame, &input, steep) == Status::kOk);
  CHECK(input.bytes == std::vector<uint8_t>{0x80, 0, 0x7F});
  input.type = TensorType::kUint8;
  REQUIRE(Prepare(frame, &input, steep) == Status::kOk);
  CHECK(input.bytes == std::vector<uint8_t>{0, 0, 0xFF});
}

TEST_CASE("white stays white at the largest sides") {
  const Frame frame{kMaxPictureSide, kMaxPictureSide,
                    std::vector<uint8_t>(static_cast<size_t>(kMaxPictureSide) * kMaxPictureSide, 255)};
  Input input{3, 5, 1, TensorType::kUint8};
  REQUIRE(Prepare(frame, &input, {1 << 16, 0}) == Status::kOk);
  CHECK(std::all_of(input.bytes.begin(), input.bytes.end(), [](uint8_t value) { return value == 255; }));
}

TEST_CASE("no frame, sides out of range and inputs that are no picture are refused, and nothing is written") {
  const Frame frame{2, 2, {1, 2, 3, 4}};
  Input input{2, 2, 1};
  const std::vector<uint8_t> before = input.bytes;
  const uint8_t* const pixels = frame.pixels.data();
  CHECK(PreparePicture(nullptr, 2, 2, {}, input.view()) == Status::kBadArgument);
  for (const int side : {0, -1, kMaxPictureSide + 1}) {
    CHECK(PreparePicture(pixels, side, 2, {}, input.view()) == Status::kBadArgument);
    CHECK(PreparePicture(pixels, 2, side, {}, input.view()) == Status::kBadArgument);
  }
  const auto refuses = [&](const TensorView& view) {
    return PreparePicture(pixels, 2, 2, {}, view) == Status::kModelMismatch;
  };
  TensorView view = input.view();
  view.rank = 3;
  CHECK(refuses(view));
  view = input.view();
  view.dims[0] = 2;
  CHECK(refuses(view));
  view = input.view();
  view.dims[3] = 2;
  CHECK(refuses(view));
  view = input.view();
  view.dims[1] = kMaxPictureSide + 1;
  CHECK(refuses(view));
  view = input.view();
  view.type = TensorType::kInt16;
  CHECK(refuses(view));
  CHECK(input.bytes == before);
}

}  // namespace tinyhost
