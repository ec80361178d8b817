#pragma once

#include <cstdint>

#include "core/status.h"
#include "engine/image_view.h"

namespace tinyhost {

/// Maps a pixel of 0..255 to a model's input value: (pixel * multiplier + offset) >> 16, saturated to the type.
struct PixelMap {
  int32_t multiplier = 1 << 16;                   // Q16
  int32_t offset = -128 * (1 << 16) + (1 << 15);  // Q16, with the rounding half: by default pixel - 128
};

/// The map that a model image carries.
inline PixelMap PixelMapOf(const ModelMetadata& metadata) { return {metadata.pixel_multiplier, metadata.pixel_offset}; }

/// The part of a frame that a model sees, in its pixels.
struct SeenWindow {
  int left;
  int top;
  int width;
  int height;
};

/// The part of a width x height frame that PreparePicture uses for a model with such an input; sides are at least 1.
SeenWindow SeenWindowOf(int width, int height, const TensorView& input);

/// Largest frame side that PreparePicture accepts.
constexpr int kMaxPictureSide = 2048;

/// Fills `input`, (1, h, w, 1 or 3) int8 or uint8, from a grayscale frame: it crops the centre to the input's aspect
/// ratio, scales (area average per axis that shrinks, bilinear per axis that grows, a copy where sizes are equal), and
/// maps the pixels. Three channels get the same grey. Only integers are used, so every board computes the same bytes.
///
/// Returns kBadArgument if there is no frame or a side is outside 1..kMaxPictureSide, kModelMismatch if `input` is
/// another kind of tensor.
Status PreparePicture(const uint8_t* gray, int width, int height, const PixelMap& map, const TensorView& input);

}  // namespace tinyhost
