#pragma once

#include <cstdint>

#include "hal/clock.h"
#include "hal/marker.h"

namespace tinyhost {

/// Times a stage, and marks it for a meter at the board's supply. The time of the mark is not counted.
class StageTimer {
 public:
  explicit StageTimer(hal::Stage stage) {
    hal::Mark(stage);
    start_ = hal::Ticks();
  }
  /// Ends the stage, once; returns its ticks.
  uint64_t End() const {
    const uint64_t ticks = hal::Ticks() - start_;
    hal::Mark(hal::Stage::kNone);
    return ticks;
  }

 private:
  uint64_t start_;
};

}  // namespace tinyhost
