#pragma once

namespace tinyhost::hal {

/// From now on the board restarts if FeedWatchdog() is not called for half a minute.
void StartWatchdog();
void FeedWatchdog();

}  // namespace tinyhost::hal
