#pragma once

namespace tinyhost::hal {

/// Switches UART 0 on. Called once by BoardBegin.
void LinkBegin();

}  // namespace tinyhost::hal
