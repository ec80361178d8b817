#pragma once

namespace tinyhost::hal {

/// Loads the flash from its file, or makes an erased one. Called once by BoardBegin.
void FlashBegin();

}  // namespace tinyhost::hal
