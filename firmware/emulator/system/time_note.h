#pragma once

#include <cstdint>

namespace tinyhost::emulator {

/// The file `time`: how many nanoseconds of the board's time have passed, eight bytes. Programs on this computer read
/// it to be as patient as a board needs that is slower than its clock.
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
