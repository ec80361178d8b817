#pragma once

#include <cstdint>
#include <string>

#include "emulator/system/clock.h"

namespace tinyhost::emulator {

/// The emulator's messages on standard error, each line with its virtual time.
class Log {
 public:
  Log(const Clock& clock, bool is_strict) : clock_(clock), is_strict_(is_strict) {}

  void Say(const char* format, ...) __attribute__((format(printf, 2, 3)));
  /// Reports something that silicon would not tolerate. In strict mode the first defect ends the run and is written to
  /// the file `defects`, which stays until somebody removes it.
  void Defect(const char* format, ...) __attribute__((format(printf, 2, 3)));

  /// Code before `end` is not the program under test: its defects are logged, but not counted. `block` is the address
  /// of the running block of code.
  void ForgiveCodeBefore(uint32_t end, const uint32_t& block) { forgiven_end_ = end, block_ = &block; }

  /// Whether a topic is traced: usb, bulk, i2c, flash, exceptions, registers; or all.
  bool traces(const char* topic) const;
  void SetTrace(const std::string& topics) { topics_ = topics; }

  bool must_stop() const { return is_strict_ && n_defects_ != 0; }
  uint32_t n_defects() const { return n_defects_; }

 private:
  void Write(const char* mark, const char* text) const;
  static void Keep(const char* text);

  const Clock& clock_;
  const bool is_strict_;
  std::string topics_;
  uint32_t n_defects_ = 0;
  uint32_t forgiven_end_ = 0;
  const uint32_t* block_ = nullptr;
};

/// Bytes as hexadecimal digits, for traces and replies.
std::string Hex(const uint8_t* data, size_t n);

}  // namespace tinyhost::emulator
