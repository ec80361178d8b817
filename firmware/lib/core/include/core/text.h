#pragma once

#include <cstddef>
#include <cstdint>

namespace tinyhost {

/// Text that grows in a caller's memory, always ended by a zero; what does not fit is left out. The C library's printf
/// would take 3 KB of flash.
class Text {
 public:
  /// text_bytes is at least 1; the last one is for the zero.
  Text(char* text, size_t text_bytes) : end_(text), last_(text + text_bytes - 1) { *end_ = 0; }

  Text& operator<<(const char* words);
  Text& operator<<(uint32_t number) { return Digits(number, 1); }
  Text& operator<<(int32_t number);
  /// Pads with zeros in front to at least n_digits.
  Text& Digits(uint32_t number, int n_digits);

 private:
  char* end_;
  char* last_;
};

}  // namespace tinyhost
