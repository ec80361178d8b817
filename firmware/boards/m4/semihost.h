#pragma once

#include <cstddef>
#include <cstdint>

#include "boards/virtual/host_file.h"

/// Calls into QEMU: Arm's "Semihosting for AArch32 and AArch64", release 3.0.
namespace tinyhost::semihost {

enum Operation : uint32_t {
  kOpen = 0x01,
  kWrite0 = 0x04,
  kWrite = 0x05,
  kRead = 0x06,
  kSeek = 0x0A,
  kExitExtended = 0x20,
  kElapsed = 0x30,
};

int32_t Call(Operation operation, const void* arguments);

/// Opens the standard output of QEMU; returns a handle, or -1.
int32_t OpenOutput();
/// Writes up to `n` bytes; returns how many were taken. Does not wait unless the file does.
size_t WriteSome(int32_t file, const void* data, size_t n);

/// Prints a text on the standard error of QEMU.
void Print(const char* text);

/// Nanoseconds of the host's clock since QEMU started.
uint64_t HostNanoseconds();

}  // namespace tinyhost::semihost
