// The only file that is compiled with the build id; see firmware/platform/identity.py.
#include <cstddef>

#include "hal/board.h"

namespace tinyhost::hal {
namespace {

// The host finds the id in the program by its prefix (host/tinyhost/boards/build.py).
constexpr char kBuildId[] = "tinyhost-build:" TINYHOST_BUILD_ID;
constexpr size_t kPrefixBytes = sizeof "tinyhost-build:" - 1;

}  // namespace

const char* FirmwareVersion() { return TINYHOST_FIRMWARE_VERSION; }
const char* BuildId() { return kBuildId + kPrefixBytes; }

}  // namespace tinyhost::hal
