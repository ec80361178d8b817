#pragma once

namespace tinyhost::hal {

/// Makes standard input and output non-blocking. Called once by BoardBegin.
void LinkBegin();

/// True when the other end of standard input is closed.
bool LinkClosed();

}  // namespace tinyhost::hal
