#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include "../support/memory_board_hal.h"
#include "../support/memory_flash_hal.h"
