#include "emulator/board/motion.h"

#include <algorithm>
#include <cmath>

namespace tinyhost::emulator {
namespace {

constexpr Movement kAtRest = {0, 0, 1, 0, 0, 0};
constexpr double kNoise = 0.0005;       // g; both chips' data sheets give less than 1 mg
constexpr double kRotationNoise = 0.1;  // degrees per second; the BMI270's gives 0.007 in a root of a hertz

}  // namespace

Movement Motion::At(double since_start_s) {
  Movement values = kAtRest;
  if (samples_.At(since_start_s, &values)) return values;
  std::uniform_real_distribution<double> noise(-1, 1);
  for (size_t i = 0; i < values.size(); ++i) values[i] += noise(random_) * (i < 3 ? kNoise : kRotationNoise);
  return values;
}

int16_t ToCounts(double value, double per_count) {
  return static_cast<int16_t>(std::clamp(std::lround(value / per_count), -32768L, 32767L));
}

}  // namespace tinyhost::emulator
