#pragma once

namespace tinyhost::hal {

/// Starts the program anew, or the bootloader, without a word to the host.
[[noreturn]] void RestartNow(bool bootloader);

}  // namespace tinyhost::hal
