#include "core/text.h"

namespace tinyhost {

Text& Text::operator<<(const char* words) {
  while (*words != 0 && end_ != last_) *end_++ = *words++;
  *end_ = 0;
  return *this;
}

Text& Text::operator<<(int32_t number) {
  if (number >= 0) return *this << static_cast<uint32_t>(number);
  return *this << "-" << 0u - static_cast<uint32_t>(number);
}

Text& Text::Digits(uint32_t number, int n_digits) {
  char digits[11] = {};
  char* first = digits + sizeof(digits) - 1;
  for (; number != 0 || n_digits > 0; number /= 10, --n_digits) *--first = static_cast<char>('0' + number % 10);
  return *this << first;
}

}  // namespace tinyhost
