#pragma once

#include <cstddef>

/// Files of the computer that a virtual board runs on. Paths are relative to the board's state folder, in which its
/// program is started.
namespace tinyhost::host {

/// Opens an existing file or FIFO for reading and writing; returns a handle, or -1.
int OpenFile(const char* path);
/// Makes an empty file, or empties it; returns a handle, or -1.
int CreateFile(const char* path);
/// Reads up to `n` bytes at `offset`; returns how many.
size_t ReadFile(int file, size_t offset, void* data, size_t n);
/// Writes all bytes at `offset`, so that they outlive this process.
bool WriteFile(int file, size_t offset, const void* data, size_t n);
/// Sends all bytes into a FIFO.
bool SendFile(int file, const void* data, size_t n);

/// Reads up to `n` bytes from a FIFO; returns how many. Waits if it is empty.
size_t ReceiveFile(int file, void* data, size_t n);

/// Lets the host work for a moment; for a loop that waits for the host.
void Pause();

/// How a virtual board's program ended; the host decides from it what to do next (host/tinyhost/boards/process.py).
enum ExitCode : int {
  kExitPowerOff = 0,
  kExitFault = 70,  // EX_SOFTWARE of sysexits.h: it is not restarted
  kExitReset = 75,  // EX_TEMPFAIL: start it again
};
[[noreturn]] void Exit(ExitCode code);

}  // namespace tinyhost::host
