#pragma once

#include <cstdint>
#include <string>

#include "emulator/board/board.h"

namespace tinyhost::emulator {

/// The options of the command line.
struct Options {
  std::string program;     ///< file that is copied to 0x10000 before the start, if flash holds another one
  std::string bootloader;  ///< Arduino's binary, for address 0; "": the model of it
  uint64_t unique_id = 0x0123456789abcdef;
  Board::Options board;
  OscillatorErrors errors;
  double wrap_in_s = 0;  ///< counters of 32 bits wrap so long after they are cleared; 0: when they have counted 2^32
  uint32_t token_us = 50;
  uint32_t seed = 0;
  bool is_strict = false;
  bool is_fast = false;  ///< not held back to the computer's clock
  double seconds = 0;    ///< of virtual time, then it ends; 0: never
  std::string trace;
};

/// Reads the command line. Throws std::runtime_error with the reason if it is wrong.
Options ParseOptions(int argc, char** argv);
std::string Usage();

}  // namespace tinyhost::emulator
