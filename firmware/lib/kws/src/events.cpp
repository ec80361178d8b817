#include "kws/events.h"

#include <cstring>

#include "device/classification.h"

namespace tinyhost {

void ConcludeEvent(const Engine& engine, const SettingTable& settings, uint64_t time_us, uint32_t n_silent,
                   Recognizer* recognizer, Result* result) {
  const TensorView output = engine.output();
  const auto* scores = static_cast<const int8_t*>(output.data);
  const auto setting = [&settings](Setting which) { return static_cast<uint32_t>(settings.Get(which)); };
  const RecognizerConfig config = {setting(Setting::kAverageMs), setting(Setting::kSuppressionMs),
                                   setting(Setting::kMinResults), settings.Get(Setting::kThreshold), n_silent};
  const Recognition event = recognizer->Update(scores, output.n_bytes, time_us / 1000, config);
  std::memcpy(result->scores, scores, output.n_bytes);
  std::memcpy(result->smoothed, event.smoothed.data(), output.n_bytes);
  result->margin = Classification::MarginOf(scores, output.n_bytes);
  result->prediction.n_classes = static_cast<uint8_t>(output.n_bytes);
  result->prediction.top = event.top;
  result->prediction.detected = event.is_detected ? 1 : 0;
}

}  // namespace tinyhost
