#include "emulator/system/time_note.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <string>

namespace tinyhost::emulator {
namespace {

constexpr char kFile[] = "time";

}  // namespace

TimeNote::TimeNote() {
  const int file = ::open(kFile, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  void* shared = MAP_FAILED;
  if (file >= 0 && ::ftruncate(file, sizeof *shared_) == 0) {
    shared = ::mmap(nullptr, sizeof *shared_, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  }
  const std::string why = std::strerror(errno);
  if (file >= 0) ::close(file);
  if (shared == MAP_FAILED) throw std::runtime_error(std::string(kFile) + ": " + why);
  shared_ = static_cast<volatile uint64_t*>(shared);
  Write(0);
}

TimeNote::~TimeNote() { ::munmap(const_cast<uint64_t*>(shared_), sizeof *shared_); }

void TimeNote::Write(uint64_t true_ns) { *shared_ = true_ns; }

}  // namespace tinyhost::emulator
