#pragma once

#include <cstddef>
#include <cstdint>

namespace tinyhost {

/// Sections of silence, noise at three levels, square, DC, impulses and a ramp; tests/oracle/frontend_sounds.py has the
/// same.
class ExtremeSound {
 public:
  int16_t Next() {
    state_ = state_ * 1'664'525 + 1'013'904'223;
    const int32_t noise = static_cast<int32_t>(state_ >> 16) - 0x8000;
    const uint32_t i = n_++;
    switch (i / kSection % 8) {
      case 0:
        return 0;
      case 1:
        return static_cast<int16_t>(noise >> 8);
      case 2:
        return static_cast<int16_t>(noise);
      case 3:
        return i / 25 % 2 != 0 ? 32767 : -32768;
      case 4:
        return -32768;
      case 5:
        return i % 97 == 0 ? -32768 : 0;
      case 6:
        return static_cast<int16_t>(static_cast<int32_t>(i * 977 % 65536) - 32768);
      default:
        return static_cast<int16_t>(noise >> 13);
    }
  }

 private:
  static constexpr uint32_t kSection = 1600;
  uint32_t state_ = 1;
  uint32_t n_ = 0;
};

}  // namespace tinyhost
