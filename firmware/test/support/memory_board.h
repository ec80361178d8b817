#pragma once

#include <csetjmp>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "hal/board.h"
#include "hal/camera.h"
#include "hal/marker.h"

namespace tinyhost {

/// A board in memory: what its host sends and receives, its clock, camera and microphone, which is its
/// motion sensor, too. memory_board_hal.h shows it as the hal.
struct MemoryBoard {
  std::deque<uint8_t> to_device;
  std::vector<uint8_t> from_device;
  size_t n_takes = SIZE_MAX;  // bytes that the host still reads

  uint32_t boot = 1;
  hal::Fault fault = {};

  uint64_t now_us = 0;
  uint64_t ticks = 0;
  uint32_t ticks_per_read = 100;
  uint32_t tick_hz = 1'000'000'000;

  Status camera_status = Status::kNoSensor;
  uint16_t camera_width = 96;
  uint16_t camera_height = 96;
  uint8_t camera_pixel = 0;  // of the next frame's first pixel; every further one is one more
  size_t n_captures = 0;

  Status microphone_status = Status::kNoSensor;
  size_t n_samples_waiting = 0;
  uint64_t microphone_position = 0;  // of the next sample, whose value is that position's low bits
  uint32_t n_samples_lost = 0;

  uint16_t n_test_parts = 2;  // of each sensor's self-test
  uint8_t n_findings = 3;     // of the next one
  size_t n_self_tests = 0;

  hal::Stage stage = hal::Stage::kNone;
  size_t n_marks[5] = {};  // by stage
  hal::LedState led = hal::LedState::kBooting;
  std::jmp_buf on_reset;  // hal::Reset() ends here, with 1 for the app and 2 for the bootloader
};

/// The board that the hal shows; a test puts its own there.
inline MemoryBoard*& TheBoard() {
  static MemoryBoard* board = nullptr;
  return board;
}

}  // namespace tinyhost
