#include "hal/marker.h"

#include "boards/virtual/host_file.h"
#include "boards/virtual/scene_messages.h"
#include "hal/clock.h"

namespace tinyhost::hal {
namespace {

constexpr uint32_t kNsPerInstruction = 128;  // of m4: see boards/m4/clock.cpp

uint64_t NowNs() { return TickHz() == 0 ? Ticks() * kNsPerInstruction : Ticks() * (1'000'000'000 / TickHz()); }

}  // namespace

// A reader of the marks makes the file, at any time.
void Mark(Stage stage) {
  static uint32_t number = 0;
  static int file = -1;
  if (file < 0) file = host::OpenFile("marks");
  if (file < 0) return;
  const StageMark mark = {NowNs(), ++number, static_cast<uint32_t>(stage)};
  host::WriteFile(file, number % kMarksKept * sizeof mark, &mark, sizeof mark);
}

}  // namespace tinyhost::hal
