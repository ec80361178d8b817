#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "core/status.h"
#include "device/app.h"

namespace tinyhost {

/// Turns the scores of a classifier, one inference after the other, into results: the part that the apps with
/// classifying models share.
class Classification {
 public:
  /// Returns kModelMismatch unless the output is 1 to kMaxScores int8 scores.
  static Status CheckOutput(const Engine& engine);

  /// Forgets the past and takes the model's smoothing and threshold as the settings' defaults.
  void Start(const Engine& engine, SettingTable* settings);

  /// Smooths the scores exponentially, with a weight of Setting.SMOOTHING / 256 on the past, and finds the top class.
  void Conclude(const Engine& engine, const SettingTable& settings, Result* result);

  /// Distance between the best score and the second best; INT32_MAX for a single score.
  static int32_t MarginOf(const int8_t* scores, size_t n_scores);

  /// "person 87%": the top class and its smoothed score.
  static void Describe(const Engine& engine, const Result& result, Text* text);
  /// The same for any class; "class 1 87%" for one without a label.
  static void DescribeClass(const Engine& engine, size_t index, int8_t score, Text* text);

 private:
  static constexpr int kFractionBits = 8;

  bool has_past_ = false;
  std::array<int32_t, kMaxScores> smoothed_{};  // scores with kFractionBits
};

}  // namespace tinyhost
