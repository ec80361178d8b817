#pragma once

#include <cstddef>
#include <cstdint>

namespace tinyhost {

/// Text that grows in a caller's memory, always with a zero behind it; what does not fit is left out. The C library's
/// printf would take 3 KB of flash.
class Text {
 public:
  /// text_bytes: at least 1, of which the last is for the zero.
  Text(char* text, size_t text_bytes) : end_(text), last_(text + text_bytes - 1) { *end_ = 0; }

  Text& operator<<(const char* words);
  Text& operator<<(uint32_t number) { return Digits(number, 1); }
  Text& operator<<(int32_t number);
  /// With zeros in front, so that there are at least n_digits.
  Text& Digits(uint32_t number, int n_digits);

 private:
  char* end_;
  char* last_;
};

}  // namespace tinyhost
