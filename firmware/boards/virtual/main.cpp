#include "device/app.h"
#include "hal/board.h"

int main() {
  tinyhost::hal::BoardBegin();
  tinyhost::AppBegin();
  while (!tinyhost::hal::PowerOff()) tinyhost::AppPoll();
  return 0;
}
