// The hal of this test: functions that its headers define.
#include "../support/memory_board_hal.h"
#include "../support/memory_flash_hal.h"
