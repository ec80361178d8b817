#include "kws/recognizer.h"

#include <algorithm>

namespace tinyhost {
namespace {

/// Rounded to the nearest integer, halves up; n > 0.
int32_t Divided(int32_t sum, int32_t n) {
  const int32_t doubled = 2 * sum + n;
  const int32_t quotient = doubled / (2 * n);
  return doubled % (2 * n) < 0 ? quotient - 1 : quotient;
}

}  // namespace

void Recognizer::Reset() {
  n_results_ = 0;
  sums_ = {};
  has_detected_ = false;
  held_ = kNoWord;
}

Recognition Recognizer::Update(const int8_t* scores, size_t n_classes, uint64_t time_ms,
                               const RecognizerConfig& config) {
  Push(scores, n_classes, time_ms);
  while (results_[oldest_].time_ms + config.average_ms < time_ms) Pop(n_classes);
  const auto n = static_cast<int32_t>(n_results_);
  Recognition recognition = {};
  size_t top = 0;
  for (size_t i = 0; i < n_classes; ++i) {
    if (sums_[i] > sums_[top]) top = i;
    recognition.smoothed[i] = static_cast<int8_t>(Divided(sums_[i], n));
  }
  // A few results right after the start do not make an average yet.
  const bool is_average =
      n_results_ >= config.min_results && time_ms - results_[oldest_].time_ms >= config.average_ms / 4;
  const bool is_word = is_average && top >= config.n_silent && recognition.smoothed[top] >= config.threshold;
  recognition.top = static_cast<uint8_t>(top);
  recognition.is_detected = Detect(recognition.top, is_word, time_ms, config);
  return recognition;
}

bool Recognizer::Detect(uint8_t top, bool is_word, uint64_t time_ms, const RecognizerConfig& config) {
  if (!is_word || top != held_) held_ = kNoWord;
  if (!is_word || top == held_) return false;
  if (has_detected_ && time_ms - detected_ms_ < config.suppression_ms) return false;
  has_detected_ = true;
  detected_ms_ = time_ms;
  held_ = top;
  return true;
}

void Recognizer::Push(const int8_t* scores, size_t n_classes, uint64_t time_ms) {
  if (n_results_ == kMaxResults) Pop(n_classes);
  Scores* newest = &results_[(oldest_ + n_results_) % kMaxResults];
  newest->time_ms = time_ms;
  std::copy_n(scores, n_classes, newest->values.begin());
  for (size_t i = 0; i < n_classes; ++i) sums_[i] += scores[i];
  ++n_results_;
}

void Recognizer::Pop(size_t n_classes) {
  for (size_t i = 0; i < n_classes; ++i) sums_[i] -= results_[oldest_].values[i];
  oldest_ = (oldest_ + 1) % kMaxResults;
  --n_results_;
}

}  // namespace tinyhost
