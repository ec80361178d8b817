#include "device/app.h"
#include "hal/board.h"

// What Arduino's main() calls.
void setup() {
  tinyhost::hal::BoardBegin();
  tinyhost::AppBegin();
}

void loop() { tinyhost::AppPoll(); }
