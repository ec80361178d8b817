#include "emulator/board/motion.h"

#include <algorithm>
#include <cmath>

namespace tinyhost::emulator {
namespace {

constexpr Acceleration kAtRest = {0, 0, 1};
constexpr double kNoise = 0.0005;  // g; both chips' data sheets give less than 1 mg

}  // namespace

Acceleration Motion::At(double since_start_s) {
  Acceleration values = kAtRest;
  if (samples_.At(since_start_s, &values)) return values;
  std::uniform_real_distribution<double> noise(-kNoise, kNoise);
  for (double& value : values) value += noise(random_);
  return values;
}

int16_t ToCounts(double value, double per_count) {
  return static_cast<int16_t>(std::clamp(std::lround(value / per_count), -32768L, 32767L));
}

}  // namespace tinyhost::emulator
