#pragma once

namespace tinyhost::hal {

/// Restarts the program, or starts the bootloader, without telling the host.
[[noreturn]] void RestartNow(bool bootloader);

}  // namespace tinyhost::hal
