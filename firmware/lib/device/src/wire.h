#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "core/bytes.h"

namespace tinyhost {

/// The struct at the start of a payload; the caller has checked the length.
template <typename T>
T Parse(Bytes payload) {
  T value;
  std::memcpy(&value, payload.data, sizeof(T));
  return value;
}

/// The bytes after the struct at the start of a payload.
template <typename T>
Bytes After(Bytes payload) {
  return {payload.data + sizeof(T), payload.size - sizeof(T)};
}

/// Fills a fixed text field, cut to fit and ended by 0.
template <size_t N>
void CopyText(char (&field)[N], const char* text) {
  size_t n = 0;
  while (n + 1 < N && text[n] != 0) ++n;
  std::memcpy(field, text, n);
  std::memset(field + n, 0, N - n);
}

constexpr size_t kMaxLineBytes = 256;  // of a line of text

/// How long the live loop waits after something failed.
constexpr uint64_t kFailedPeriodUs = 500'000;

/// A count of ticks, saturated to a result's field.
inline uint32_t Saturate(uint64_t ticks) { return static_cast<uint32_t>(std::min<uint64_t>(ticks, UINT32_MAX)); }

}  // namespace tinyhost
