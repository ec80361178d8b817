#pragma once

#include <cstdint>

#include "engine/image_view.h"

namespace tinyhost {

/// A sliding window along one axis of the input: filter, stride, dilation and padding before.
struct WindowAxis {
  int32_t input;
  int32_t output;
  int32_t filter;
  int32_t stride;
  int32_t dilation;
  int32_t pad;

  int32_t extent() const { return (filter - 1) * dilation + 1; }

  /// True if all arithmetic fits, and every window reaches into the input.
  bool Valid() const {
    if (filter < 1 || stride < 1 || dilation < 1) return false;
    const int64_t extent = int64_t{filter - 1} * dilation + 1;
    const int64_t last = int64_t{output - 1} * stride - pad;
    return extent <= UINT16_MAX && pad < extent && last < input;
  }
};

/// The taps [first, last) of a window that lie inside the input, and the input position of tap 0.
struct Taps {
  int32_t origin;
  int32_t first;
  int32_t last;
};

inline Taps TapsInside(const WindowAxis& axis, int32_t position) {
  Taps taps{position * axis.stride - axis.pad, 0, axis.filter};
  if (taps.origin < 0) taps.first = (-taps.origin + axis.dilation - 1) / axis.dilation;
  const int32_t extent = (axis.filter - 1) * axis.dilation + 1;
  if (taps.origin + extent > axis.input) {
    taps.last = (axis.input - taps.origin + axis.dilation - 1) / axis.dilation;
  }
  if (taps.first > taps.last) taps.first = taps.last;
  return taps;
}

}  // namespace tinyhost
