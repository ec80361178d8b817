#include <doctest/doctest.h>

#include <cmath>
#include <random>
#include <vector>

#include "kws/recognizer.h"

namespace tinyhost {
namespace {

constexpr size_t kClasses = 4;  // silence, unknown, and two words
constexpr RecognizerConfig kConfig = {100, 500, 3, 50, 2};
constexpr uint64_t kStepMs = 20;

/// Hears a class with full confidence, or a score, for some time.
struct Listener {
  Recognizer recognizer;
  RecognizerConfig config = kConfig;
  uint64_t now_ms = 0;
  std::vector<std::pair<uint64_t, int>> words;  // when, which
  Recognition last = {};

  void Hear(size_t top, uint64_t duration_ms, int8_t score = 127) {
    for (const uint64_t end_ms = now_ms + duration_ms; now_ms < end_ms;) {
      int8_t scores[kClasses] = {-128, -128, -128, -128};
      scores[top] = score;
      now_ms += kStepMs;
      last = recognizer.Update(scores, kClasses, now_ms, config);
      if (last.is_detected) words.push_back({now_ms, last.top});
    }
  }
};
using Words = std::vector<std::pair<uint64_t, int>>;

TEST_CASE_FIXTURE(Listener, "a word is detected once, when enough of the average is it") {
  Hear(0, 1000);
  Hear(2, 3000);
  // 6 results are in 100 ms; (5 * 127 - 128) / 6 = 84.5 is the first average of at least 50.
  CHECK(words == Words{{1100, 2}});
}

TEST_CASE_FIXTURE(Listener, "a word that fell back is detected again") {
  Hear(0, 1000);
  for (int i = 0; i < 3; ++i) {
    Hear(2, 300);
    Hear(1, 500);
  }
  CHECK(words == Words{{1100, 2}, {1900, 2}, {2700, 2}});
}

TEST_CASE_FIXTURE(Listener, "a word within the suppression time waits for its end, if it is still there then") {
  Hear(0, 1000);
  Hear(2, 200);
  Hear(3, 600);
  CHECK(words == Words{{1100, 2}, {1600, 3}});
  Hear(2, 200);  // over before the suppression is
  Hear(0, 1000);
  CHECK(words.size() == 2);
}

TEST_CASE_FIXTURE(Listener, "a word that comes and goes within the suppression time is one") {
  Hear(0, 1000);
  Hear(2, 200);
  Hear(0, 140);
  Hear(2, 100);
  Hear(0, 400);
  CHECK(words == Words{{1100, 2}});
}

TEST_CASE_FIXTURE(Listener, "silence and the unknown are no words") {
  Hear(0, 1000);
  Hear(1, 1000);
  CHECK(words.empty());
  CHECK(last.top == 1);
  config.n_silent = 1;
  Hear(1, 20);
  CHECK(words.size() == 1);
}

TEST_CASE_FIXTURE(Listener, "a score below the threshold is no word, and one at it is") {
  Hear(2, 1000, 49);
  CHECK(words.empty());
  Hear(2, 1000, 50);
  CHECK(words.size() == 1);
}

TEST_CASE_FIXTURE(
    Listener, "nothing is detected before there are enough results, nor before they span a quarter of the average") {
  Hear(2, 40);
  CHECK(words.empty());
  Hear(2, 20);
  CHECK(words.size() == 1);
  config.average_ms = 400;
  recognizer.Reset();
  words.clear();
  Hear(2, 100);
  CHECK(words.empty());
  Hear(2, 20);
  CHECK(words.size() == 1);
}

TEST_CASE_FIXTURE(Listener, "without an average each result counts by itself") {
  config.average_ms = 0;
  config.min_results = 1;
  Hear(0, 20);
  Hear(3, 20);
  CHECK(words == Words{{40, 3}});
  CHECK(last.smoothed[3] == 127);
}

TEST_CASE_FIXTURE(Listener, "after a reset nothing of before counts") {
  Hear(2, 200);
  recognizer.Reset();
  Hear(2, 60);
  CHECK(words == Words{{60, 2}, {260, 2}});
}

/// The definition: the mean of all scores within the time, halves up.
int Mean(const std::vector<std::pair<uint64_t, int>>& scores, uint64_t now_ms, uint32_t average_ms) {
  int sum = 0, n = 0;
  for (const auto& [time_ms, score] : scores) {
    if (time_ms + average_ms < now_ms) continue;
    sum += score;
    ++n;
  }
  return static_cast<int>(std::floor(static_cast<double>(sum) / n + 0.5));
}

TEST_CASE("smoothed scores are the means of what is within the time, whatever the steps") {
  std::mt19937 random(1);
  Recognizer recognizer;
  std::vector<std::pair<uint64_t, int>> history[kClasses];
  uint64_t now_ms = 0;
  for (int i = 0; i < 2000; ++i) {
    now_ms += 17 + random() % 60;
    int8_t scores[kClasses];
    for (size_t k = 0; k < kClasses; ++k) {
      scores[k] = static_cast<int8_t>(random());
      history[k].push_back({now_ms, scores[k]});
    }
    const uint32_t average_ms = random() % 2000;
    const Recognition recognition = recognizer.Update(scores, kClasses, now_ms, {average_ms, 0, 1, 127, 0});
    // What has left a shorter average does not come back into a longer one.
    for (auto& scores_of_class : history) {
      while (scores_of_class.front().first + average_ms < now_ms) scores_of_class.erase(scores_of_class.begin());
    }
    for (size_t k = 0; k < kClasses; ++k) REQUIRE(recognition.smoothed[k] == Mean(history[k], now_ms, average_ms));
  }
}

TEST_CASE("an average holds no more results than there is memory for: the newest ones") {
  Recognizer recognizer;
  Recognition last = {};
  constexpr int kResults = static_cast<int>(Recognizer::kMaxResults);
  for (int i = 0; i < 3 * kResults; ++i) {
    const int8_t score = i < 2 * kResults ? 100 : -20;
    last = recognizer.Update(&score, 1, static_cast<uint64_t>(i), {1000, 0, 1, 127, 0});
    if (i == 2 * kResults) CHECK(last.smoothed[0] == 99);
  }
  CHECK(last.smoothed[0] == -20);
}

}  // namespace
}  // namespace tinyhost
