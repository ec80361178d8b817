#include "boards/nano33ble_arduino/arduino.h"  // declares both as C
#include "boards/nano33ble_arduino/watchdog.h"
#include "device/app.h"
#include "hal/board.h"

// Arduino's main() calls these.
void setup() {
  tinyhost::hal::BoardBegin();
  tinyhost::AppBegin();
  tinyhost::hal::StartWatchdog();
}

void loop() {
  tinyhost::hal::FeedWatchdog();
  tinyhost::AppPoll();
}
