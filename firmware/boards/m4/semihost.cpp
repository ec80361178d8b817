#include "boards/m4/semihost.h"

#include <cstring>

namespace tinyhost::semihost {

__attribute__((noinline)) int32_t Call(Operation operation, const void* arguments) {
  register uint32_t r0 __asm__("r0") = operation;
  register const void* r1 __asm__("r1") = arguments;
  __asm__ volatile("bkpt 0xAB" : "+r"(r0) : "r"(r1) : "memory");
  return static_cast<int32_t>(r0);
}

int32_t OpenOutput() {
  static constexpr char kName[] = ":tt";  // opened for writing: standard output
  const uint32_t arguments[] = {reinterpret_cast<uintptr_t>(kName), 5, sizeof kName - 1};
  return Call(kOpen, arguments);
}

size_t WriteSome(int32_t file, const void* data, size_t n) {
  const uint32_t arguments[] = {static_cast<uint32_t>(file), reinterpret_cast<uintptr_t>(data), n};
  const auto missing = static_cast<uint32_t>(Call(kWrite, arguments));
  return missing > n ? 0 : n - missing;
}

void Print(const char* text) { Call(kWrite0, text); }

uint64_t HostNanoseconds() {
  uint64_t elapsed = 0;
  Call(kElapsed, &elapsed);
  return elapsed;
}

}  // namespace tinyhost::semihost

namespace tinyhost::host {
namespace {

using semihost::Call;

uint32_t Word(const void* pointer) { return reinterpret_cast<uintptr_t>(pointer); }

int Open(const char* path, uint32_t mode) {
  const uint32_t arguments[] = {Word(path), mode, std::strlen(path)};
  return Call(semihost::kOpen, arguments);
}

bool Seek(int file, size_t offset) {
  const uint32_t arguments[] = {static_cast<uint32_t>(file), offset};
  return Call(semihost::kSeek, arguments) == 0;
}

}  // namespace

int OpenFile(const char* path) { return Open(path, 3); }    // "r+b"
int CreateFile(const char* path) { return Open(path, 7); }  // "w+b"

size_t ReadFile(int file, size_t offset, void* data, size_t n) {
  return Seek(file, offset) ? ReceiveFile(file, data, n) : 0;
}

size_t ReceiveFile(int file, void* data, size_t n) {
  const uint32_t arguments[] = {static_cast<uint32_t>(file), Word(data), n};
  const auto missing = static_cast<uint32_t>(Call(semihost::kRead, arguments));
  return missing > n ? 0 : n - missing;
}

bool WriteFile(int file, size_t offset, const void* data, size_t n) {
  return Seek(file, offset) && SendFile(file, data, n);
}

bool SendFile(int file, const void* data, size_t n) { return semihost::WriteSome(file, data, n) == n; }

// A call to the host takes long enough.
void Pause() { semihost::HostNanoseconds(); }

void Exit(ExitCode code) {
  constexpr uint32_t kApplicationExit = 0x20026;  // ADP_Stopped_ApplicationExit
  const uint32_t arguments[] = {kApplicationExit, static_cast<uint32_t>(code)};
  for (;;) Call(semihost::kExitExtended, arguments);
}

}  // namespace tinyhost::host
