// The system calls that newlib needs. There is no heap and no file: code that needs one is a bug of ours.
#include <cstddef>

#include "boards/nano33ble/fault.h"

extern "C" {

void* _sbrk(ptrdiff_t /*n*/) { tinyhost::hal::FailedAssertion(); }
int _write(int /*file*/, const char* /*data*/, int /*n*/) { return -1; }
int _read(int /*file*/, char* /*data*/, int /*n*/) { return -1; }
int _close(int /*file*/) { return -1; }
int _lseek(int /*file*/, int /*offset*/, int /*from*/) { return -1; }
int _fstat(int /*file*/, void* /*status*/) { return -1; }
int _isatty(int /*file*/) { return 0; }
int _getpid() { return 1; }
int _kill(int /*process*/, int /*signal*/) { return -1; }
[[noreturn]] void _exit(int /*code*/) { tinyhost::hal::FailedAssertion(); }

}  // extern "C"
