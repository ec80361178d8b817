#include "boards/nano33ble/clock.h"
#include "device/app.h"
#include "hal/board.h"

int main() {
  tinyhost::hal::BoardBegin();
  tinyhost::AppBegin();
  tinyhost::hal::StartWatchdog();
  for (;;) {
    tinyhost::hal::FeedWatchdog();
    tinyhost::AppPoll();
  }
}
