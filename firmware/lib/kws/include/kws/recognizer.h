#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "protocol/messages.h"

namespace tinyhost {

struct RecognizerConfig {
  uint32_t average_ms;      // over which scores are averaged; 0: no averaging
  uint32_t suppression_ms;  // after a detection, in which no other follows
  uint32_t min_results;     // in the average before anything is detected
  int32_t threshold;        // averaged score from which on a word is detected
  uint32_t n_silent;        // the first classes, which are not words: silence, unknown
};

/// The recognizer's result of one inference.
struct Recognition {
  std::array<int8_t, kMaxScores> smoothed;  // averaged scores, rounded
  uint8_t top;                              // the largest of them
  bool is_detected;                         // the word `top` was said: true once per word
};

/// Turns the scores of overlapping windows into words, as TensorFlow Lite Micro's RecognizeCommands does: a word is
/// detected when its averaged score is the largest and high enough. While it stays so it is still the same word; it
/// must fall back once before it is detected again. A word that comes within the suppression time waits for its end.
class Recognizer {
 public:
  static constexpr size_t kMaxResults = 128;  // in an average; the oldest leave early

  void Reset();

  /// scores: n_classes (at most kMaxScores) of the inference whose window ended at `time_ms`, which must grow.
  Recognition Update(const int8_t* scores, size_t n_classes, uint64_t time_ms, const RecognizerConfig& config);

 private:
  struct Scores {
    uint64_t time_ms;
    std::array<int8_t, kMaxScores> values;
  };
  static constexpr uint8_t kNoWord = UINT8_MAX;

  void Push(const int8_t* scores, size_t n_classes, uint64_t time_ms);
  void Pop(size_t n_classes);
  bool Detect(uint8_t top, bool is_word, uint64_t time_ms, const RecognizerConfig& config);

  std::array<Scores, kMaxResults> results_{};
  std::array<int32_t, kMaxScores> sums_{};
  size_t oldest_ = 0;
  size_t n_results_ = 0;
  bool has_detected_ = false;
  uint8_t held_ = kNoWord;  // detected, and has not fallen back yet
  uint64_t detected_ms_ = 0;
};

}  // namespace tinyhost
