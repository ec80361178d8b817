#include <doctest/doctest.h>

#include <initializer_list>
#include <limits>
#include <vector>

#include "anomaly/score.h"

namespace tinyhost {
namespace {

constexpr int32_t kOne = 1 << kScoreFractionBits;

TensorView Tensor(size_t n, float scale, int32_t zero_point) {
  return {TensorType::kInt8, 1, {static_cast<int32_t>(n), 1, 1, 1}, scale, zero_point, n, nullptr};
}

int32_t ErrorOf(const std::vector<int8_t>& in, float in_scale, int32_t in_zero, const std::vector<int8_t>& out,
                float out_scale, int32_t out_zero) {
  ReconstructionScale scale;
  REQUIRE(ReconstructionScale::From(Tensor(in.size(), in_scale, in_zero), Tensor(out.size(), out_scale, out_zero),
                                    &scale) == Status::kOk);
  return ReconstructionError(in.data(), out.data(), in.size(), scale);
}

TEST_CASE("the reconstruction error is the mean square in real units, across quantizations") {
  CHECK(ErrorOf({1, 2, 3, 4}, 0.5f, 0, {1, 2, 3, 4}, 0.5f, 0) == 0);
  CHECK(ErrorOf({2, 0}, 0.5f, 0, {0, 0}, 0.5f, 0) == kOne / 2);             // 1^2 and 0
  CHECK(ErrorOf({10, 10}, 0.5f, 8, {4, 2}, 0.25f, 0) == kOne / 8);          // 1 - 1, 1 - 0.5
  CHECK(ErrorOf({127}, 1.0f, -128, {-128}, 1.0f, 127) == INT32_MAX);        // 510^2 saturates
  CHECK(ErrorOf({127}, 0.25f, -128, {-128}, 0.25f, 127) == 1'065'369'600);  // 127.5^2 = 16256.25
  CHECK(ErrorOf({1}, 0.0001f, 0, {0}, 0.0001f, 0) == 0);                    // 1e-8 is below the score's resolution
}

TEST_CASE("the longest input of the largest errors overflows nothing") {
  const std::vector<int8_t> in(kMaxScoreElements, 127);
  const std::vector<int8_t> out(kMaxScoreElements, -128);
  CHECK(ErrorOf(in, 0.2499f, -128, out, 0.2499f, 127) == doctest::Approx(127.449 * 127.449 * kOne).epsilon(1e-4));
  CHECK(ErrorOf(in, 1000.0f, -128, out, 1000.0f, 127) == INT32_MAX);
}

TEST_CASE("tensors that cannot be compared are refused") {
  ReconstructionScale scale;
  const TensorView good = Tensor(8, 0.5f, 0);
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const float infinity = std::numeric_limits<float>::infinity();
  for (const float bad : {0.0f, -1.0f, nan, infinity, -infinity, 1e-40f, 1e-20f, 1e20f}) {
    CHECK(ReconstructionScale::From(Tensor(8, bad, 0), Tensor(8, bad, 0), &scale) == Status::kModelMismatch);
  }
  CHECK(ReconstructionScale::From(good, Tensor(9, 0.5f, 0), &scale) == Status::kModelMismatch);
  CHECK(ReconstructionScale::From(Tensor(0, 0.5f, 0), Tensor(0, 0.5f, 0), &scale) == Status::kModelMismatch);
  CHECK(ReconstructionScale::From(Tensor(4097, 0.5f, 0), Tensor(4097, 0.5f, 0), &scale) == Status::kModelMismatch);
  TensorView real = good;
  real.type = TensorType::kFloat32;
  CHECK(ReconstructionScale::From(real, good, &scale) == Status::kModelMismatch);
  CHECK(ReconstructionScale::From(good, good, &scale) == Status::kOk);
  CHECK(ReconstructionScale::From(Tensor(8, 1e-20f, 0), good, &scale) == Status::kOk);
  CHECK(scale.input_multiplier == 0);
}

TEST_CASE("the nearest centroid is the first of the nearest, by the weighted mean square") {
  const int8_t values[] = {0, 0, 10, 0, 0, 10};
  const uint16_t weights[] = {4, 1};  // scales of 2 and 1
  const Centroids centroids{values, weights, 2, 3, 0};
  const int8_t origin[] = {0, 0};
  const int8_t aside[] = {0, 9};
  const int8_t between[] = {4, 8};
  CHECK(NearestCentroid(origin, centroids).distance == 0);
  CHECK(NearestCentroid(origin, centroids).nearest == 0);
  CHECK(NearestCentroid(aside, centroids).distance == kOne / 2);
  CHECK(NearestCentroid(aside, centroids).nearest == 2);
  CHECK(NearestCentroid(between, centroids).distance == 34 * kOne);  // (4 * 16 + 4) / 2
  const int8_t twins[] = {5, 5, 5, 5};
  CHECK(NearestCentroid(origin, {twins, weights, 2, 2, 0}).nearest == 0);
}

TEST_CASE("weights have a binary point, and the largest distances saturate") {
  const int8_t centroid[] = {-128};
  const int8_t value[] = {127};
  const uint16_t weight[] = {65535};
  CHECK(NearestCentroid(value, {centroid, weight, 1, 1, 0}).distance == INT32_MAX);
  CHECK(NearestCentroid(value, {centroid, weight, 1, 1, 24}).distance == 16'646'146);  // 65025 * 65535 / 2^8
  CHECK(NearestCentroid(value, {centroid, weight, 1, 1, 40}).distance == 254);
}

TEST_CASE("two scores combine by their gains") {
  CHECK(CombineScores(3 * kOne, 5 * kOne, 1 << 16, 0) == 3 * kOne);
  CHECK(CombineScores(3 * kOne, 5 * kOne, 0, 1 << 16) == 5 * kOne);
  CHECK(CombineScores(3 * kOne, 5 * kOne, 1 << 15, 1 << 17) == 11 * kOne + kOne / 2);
  CHECK(CombineScores(1, 0, 1 << 15, 0) == 1);
  CHECK(CombineScores(1, 0, (1 << 15) - 1, 0) == 0);
  CHECK(CombineScores(INT32_MAX, INT32_MAX, UINT32_MAX, UINT32_MAX) == INT32_MAX);
  CHECK(CombineScores(0, 0, UINT32_MAX, UINT32_MAX) == 0);
}

}  // namespace
}  // namespace tinyhost
