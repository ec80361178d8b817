#pragma once

#include <cstdint>

namespace tinyhost::emulator {

/// The file `time`, eight bytes: how many nanoseconds of the board's time have passed. Programs on this computer read
/// it to wait long enough for a board that is slower than its clock.
class TimeNote {
 public:
  TimeNote();
  ~TimeNote();
  TimeNote(const TimeNote&) = delete;
  TimeNote& operator=(const TimeNote&) = delete;

  void Write(uint64_t true_ns);

 private:
  volatile uint64_t* shared_ = nullptr;
};

}  // namespace tinyhost::emulator
