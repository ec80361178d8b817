// The only file that is compiled with the build id; see firmware/platform/identity.py.
#include "hal/board.h"

namespace tinyhost::hal {

const char* FirmwareVersion() { return TINYHOST_FIRMWARE_VERSION; }
const char* BuildId() { return TINYHOST_BUILD_ID; }

}  // namespace tinyhost::hal
