// Defines hal/flash.h over TheFlash(): include it in exactly one file of a program.
#pragma once

#include "memory_flash.h"

namespace tinyhost::hal {

size_t FlashBytes() { return TheFlash()->size(); }
const uint8_t* FlashData() { return TheFlash()->data(); }
Status FlashErasePage(size_t offset) { return TheFlash()->ErasePage(offset); }
Status FlashWrite(size_t offset, const uint8_t* data, size_t n) { return TheFlash()->Write(offset, data, n); }

}  // namespace tinyhost::hal
