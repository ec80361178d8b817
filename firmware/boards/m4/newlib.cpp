// The system calls that newlib needs: output goes to QEMU's standard error, and _exit ends QEMU.
#include <cstddef>

#include "boards/m4/semihost.h"

extern "C" {

int _write(int /*file*/, const char* data, int n) {
  char piece[128];
  for (int done = 0; done < n;) {
    size_t length = 0;
    while (length < sizeof piece - 1 && done < n) piece[length++] = data[done++];
    piece[length] = '\0';
    tinyhost::semihost::Print(piece);
  }
  return n;
}

[[noreturn]] void _exit(int code) {
  tinyhost::host::Exit(code == 0 ? tinyhost::host::kExitPowerOff : tinyhost::host::kExitFault);
}

}  // extern "C"
