#include "boards/virtual/host_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <ctime>

namespace tinyhost::host {

int OpenFile(const char* path) { return open(path, O_RDWR | O_CLOEXEC); }

int CreateFile(const char* path) { return open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644); }

size_t ReadFile(int file, size_t offset, void* data, size_t n) {
  const ssize_t done = pread(file, data, n, static_cast<off_t>(offset));
  return done > 0 ? static_cast<size_t>(done) : 0;
}

bool WriteFile(int file, size_t offset, const void* data, size_t n) {
  return pwrite(file, data, n, static_cast<off_t>(offset)) == static_cast<ssize_t>(n);
}

bool SendFile(int file, const void* data, size_t n) { return write(file, data, n) == static_cast<ssize_t>(n); }

size_t ReceiveFile(int file, void* data, size_t n) {
  const ssize_t done = read(file, data, n);
  return done > 0 ? static_cast<size_t>(done) : 0;
}

void Pause() {
  const timespec moment = {0, 100'000};
  nanosleep(&moment, nullptr);
}

void Exit(ExitCode code) { _exit(code); }

}  // namespace tinyhost::host
