#include "drivers/settling.h"

#include <cstdlib>

namespace tinyhost {

size_t Settling::Discard(const int16_t* samples, size_t n_samples) {
  size_t n = 0;
  while (n < n_samples && !is_settled_) {
    sum_ += samples[n++];
    if (++n_in_span_ == kSpanSamples) EndSpan();
  }
  return n;
}

void Settling::EndSpan() {
  const auto mean = static_cast<int32_t>(sum_ / static_cast<int64_t>(kSpanSamples));
  ++n_spans_;
  is_settled_ = n_spans_ >= kMaxSpans || (n_spans_ >= kMinSpans && std::abs(mean - last_mean_) <= kMaxDrift);
  last_mean_ = mean;
  sum_ = 0;
  n_in_span_ = 0;
}

}  // namespace tinyhost
