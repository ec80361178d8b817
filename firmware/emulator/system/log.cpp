#include "emulator/system/log.h"

#include <cstdarg>
#include <cstdio>

namespace tinyhost::emulator {
namespace {

constexpr char kDefects[] = "defects";
constexpr size_t kLineBytes = 1024;

}  // namespace

void Log::Say(const char* format, ...) {
  char text[kLineBytes];
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  Write("", text);
}

void Log::Defect(const char* format, ...) {
  char text[kLineBytes];
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  if (block_ != nullptr && *block_ < forgiven_end_) return Write("the bootloader: ", text);
  ++n_defects_;
  Write("!!! ", text);
  if (is_strict_) Keep(text);
}

bool Log::traces(const char* topic) const {
  return !topics_.empty() && (topics_ == "all" || topics_.find(topic) != std::string::npos);
}

void Log::Write(const char* mark, const char* text) const {
  std::fprintf(stderr, "[%12.6f] %s%s\n", static_cast<double>(clock_.TrueNs()) / 1e9, mark, text);
}

void Log::Keep(const char* text) {
  FILE* file = std::fopen(kDefects, "a");
  if (file == nullptr) return;
  std::fprintf(file, "%s\n", text);
  std::fclose(file);
}

std::string Hex(const uint8_t* data, size_t n) {
  static const char kDigits[] = "0123456789abcdef";
  std::string text;
  text.reserve(2 * n);
  for (size_t i = 0; i < n; ++i) {
    text += kDigits[data[i] >> 4];
    text += kDigits[data[i] & 15];
  }
  return text;
}

}  // namespace tinyhost::emulator
