// The board `m4`: a Cortex-M4F in QEMU's mps2-an386.
#include "hal/board.h"

#include "boards/m4/link.h"
#include "boards/virtual/flash.h"

namespace tinyhost::hal {

void BoardBegin() {
  LinkBegin();
  FlashBegin();
}

const char* BoardName() { return "m4"; }

bool PowerOff() { return false; }  // the host ends QEMU

}  // namespace tinyhost::hal
