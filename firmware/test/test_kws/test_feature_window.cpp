#include <doctest/doctest.h>

#include <cstring>
#include <random>
#include <vector>

#include "kws/feature_window.h"

namespace tinyhost {
namespace {

constexpr KwsParams kParams = {16'000, 30, 20, 8, 5, 1000, 1500, 2, 3, 0, 0};
constexpr size_t kStride = 320, kWindow = 480;
constexpr size_t kFeatures = 8 * 5;
using Samples = std::vector<int16_t>;
using Features = std::vector<int8_t>;

Samples Sound(size_t n, uint32_t seed) {
  std::mt19937 random(seed);
  Samples samples(n);
  for (int16_t& sample : samples) sample = static_cast<int16_t>(random() % 20'000 - 10'000);
  return samples;
}

/// The definition: every stride's features, from a frontend of the test's own.
Features AllStrides(const Samples& samples) {
  static Frontend frontend;
  FrontendConfig config;
  config.n_channels = 8;
  REQUIRE(frontend.Configure(config) == Status::kOk);
  Features features;
  for (size_t done = 0; done < samples.size();) {
    bool is_stride_complete = false;
    done += frontend.Take(samples.data() + done, samples.size() - done, &is_stride_complete);
    if (!is_stride_complete) continue;
    features.resize(features.size() + 8);
    frontend.Features(features.data() + features.size() - 8);
  }
  return features;
}
Features LastOf(const Features& all) { return Features(all.end() - kFeatures, all.end()); }

struct Ear {
  FeatureWindow window;
  Ear() { REQUIRE(window.Configure(kParams) == Status::kOk); }

  /// Hears in blocks; returns how many strides were complete.
  size_t Hear(const int16_t* samples, size_t n, size_t block = 512) {
    size_t n_strides = 0;
    while (n > 0) {
      bool is_stride_complete = false;
      const size_t n_taken = window.Take(samples, std::min(n, block), &is_stride_complete);
      samples += n_taken;
      n -= n_taken;
      if (is_stride_complete) ++n_strides;
    }
    return n_strides;
  }
  size_t Hear(const Samples& samples) { return Hear(samples.data(), samples.size()); }
  Features Copy() const {
    Features features(kFeatures);
    window.Copy(features.data());
    return features;
  }
};

TEST_CASE_FIXTURE(Ear, "the window is the newest strides, oldest first, after every stride") {
  const Samples sound = Sound(kWindow + 16 * kStride, 1);
  CHECK(Hear(sound.data(), kWindow + 3 * kStride) == 4);
  CHECK(!window.is_full());
  for (size_t n = kWindow + 4 * kStride; n <= sound.size(); n += kStride) {
    CHECK(Hear(sound.data() + n - kStride, kStride, 1 + n % 97) == 1);
    REQUIRE(window.is_full());
    const Features expected =
        LastOf(AllStrides(Samples(sound.begin(), sound.begin() + static_cast<std::ptrdiff_t>(n))));
    CHECK(Copy() == expected);
    CHECK(std::memcmp(window.newest(), expected.data() + kFeatures - 8, 8) == 0);
  }
}

TEST_CASE_FIXTURE(Ear, "windows apart are full at their ends alone, and have no stride in common") {
  window.SetApart(true);
  const Samples sound = Sound(kWindow + 14 * kStride, 3);  // 15 strides: three windows
  const Features all = AllStrides(sound);
  size_t n_strides = 0;
  for (size_t done = 0; done < sound.size();) {
    bool is_stride_complete = false;
    done += window.Take(sound.data() + done, sound.size() - done, &is_stride_complete);
    if (!is_stride_complete) continue;
    ++n_strides;
    CHECK(window.is_full() == (n_strides % 5 == 0));
    if (window.is_full()) {
      const auto end = all.begin() + static_cast<ptrdiff_t>(8 * n_strides);
      CHECK(Copy() == Features(end - kFeatures, end));
    }
  }
  CHECK(n_strides == 15);
}

TEST_CASE_FIXTURE(Ear, "after a reset the window fills again, and nothing of before is in it") {
  Hear(Sound(8000, 2));
  window.Reset();
  CHECK(!window.is_full());
  const Samples sound = Sound(kWindow + 4 * kStride, 3);
  Hear(sound);
  CHECK(window.is_full());
  CHECK(Copy() == AllStrides(sound));
}

TEST_CASE_FIXTURE(Ear, "a clip's features are those of its end, and what is being heard goes on") {
  const Samples sound = Sound(kWindow + 10 * kStride, 4), clip = Sound(kWindow + 7 * kStride + 200, 5);
  Hear(sound.data(), 3000);
  Features features(kFeatures);
  CHECK(window.OfClip(clip.data(), clip.size(), features.data()) == Status::kOk);
  CHECK(features == LastOf(AllStrides(clip)));
  Hear(sound.data() + 3000, sound.size() - 3000);
  CHECK(Copy() == LastOf(AllStrides(sound)));
}

TEST_CASE_FIXTURE(Ear, "a clip shorter than the window is refused") {
  const Samples clip = Sound(kWindow + 4 * kStride, 6);
  Features features(kFeatures);
  CHECK(window.OfClip(clip.data(), clip.size(), features.data()) == Status::kOk);
  CHECK(window.OfClip(clip.data(), clip.size() - 1, features.data()) == Status::kBadArgument);
  CHECK(window.OfClip(clip.data(), 0, features.data()) == Status::kBadArgument);
  static FeatureWindow nothing;
  CHECK(nothing.OfClip(clip.data(), clip.size(), features.data()) == Status::kBadArgument);
}

TEST_CASE_FIXTURE(Ear, "the level is that of the newest stride alone") {
  Samples sound(kWindow, 100);
  sound[479] = INT16_MIN;
  Hear(sound);
  CHECK(window.peak() == 32768);
  CHECK(window.rms() == 1499);  // sqrt((479 * 100^2 + 32768^2) / 480)
  Hear(Samples(kStride, -30));
  CHECK(window.peak() == 30);
  CHECK(window.rms() == 30);
}

TEST_CASE_FIXTURE(Ear, "a window of coefficients is as wide as they are many") {
  KwsParams params = kParams;
  params.n_coefficients = 3;
  REQUIRE(window.Configure(params) == Status::kOk);
  Hear(Samples(kWindow + 4 * kStride, 0));
  REQUIRE(window.is_full());
  CHECK(window.n_features() == 3);
  int8_t features[5 * 3];
  window.Copy(features);
  for (size_t i = 0; i < 5 * 3; ++i) CHECK(features[i] == (i % 3 == 0 ? INT8_MIN : 0));  // silence
}

TEST_CASE_FIXTURE(Ear, "a window that cannot be is refused, and the one before goes on") {
  const Samples sound = Sound(kWindow + 4 * kStride, 7);
  Hear(sound);
  for (const KwsParams& bad :
       {KwsParams{16'000, 30, 20, 0, 5, 0, 0, 0, 1, 0, 0}, KwsParams{16'000, 30, 20, 8, 0, 0, 0, 0, 1, 0, 0},
        KwsParams{16'000, 30, 20, 65, 5, 0, 0, 0, 1, 0, 0}, KwsParams{16'000, 30, 20, 64, 65, 0, 0, 0, 1, 0, 0},
        KwsParams{16'000, 33, 20, 8, 5, 0, 0, 0, 1, 0, 0}, KwsParams{16'000, 30, 31, 8, 5, 0, 0, 0, 1, 0, 0},
        KwsParams{16'000, 30, 20, 256 + 8, 5, 0, 0, 0, 1, 0, 0}, KwsParams{0, 30, 20, 8, 5, 0, 0, 0, 1, 0, 0},
        KwsParams{16'000, 30, 20, 8, 5, 0, 0, 0, 1, 0, 9}, KwsParams{16'000, 30, 20, 40, 5, 0, 0, 0, 1, 0, 21},
        KwsParams{16'000, 30, 20, 40, 5, 0, 0, 0, 1, 0, 256 + 8},
        KwsParams{UINT32_MAX, 65'535, 65'535, 65'535, 65'535, 0, 0, 0, 1, 0, 0}}) {
    CHECK(window.Configure(bad) == Status::kImageMetadata);
    CHECK(Copy() == AllStrides(sound));
  }
}

}  // namespace
}  // namespace tinyhost
