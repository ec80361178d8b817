#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "core/status.h"
#include "device/app.h"
#include "vision/heat_map.h"

namespace tinyhost {

/// Turns heat maps into detected objects.
class Objects {
 public:
  /// kModelMismatch unless the output is an int8 heat map of 2 to kMaxScores classes.
  static Status CheckOutput(const Engine& engine);

  /// Remembers the picture that the model will run on next.
  void Look(const Sample& picture) {
    width_ = picture.width;
    height_ = picture.height;
  }

  /// Finds the objects whose score reaches Setting.THRESHOLD; there is no smoothing.
  void Conclude(const Engine& engine, const SettingTable& settings, Result* result);

  /// "2 objects: face 87% at 48,40": the best one with its position in the picture.
  static void Describe(const Engine& engine, const Result& result, Text* text);

 private:
  uint16_t width_ = 1;
  uint16_t height_ = 1;
  BlobList blobs_{};
  std::array<DetectedObject, kMaxObjects> objects_{};
};

}  // namespace tinyhost
