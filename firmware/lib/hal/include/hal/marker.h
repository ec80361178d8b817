#pragma once

#include <cstdint>

namespace tinyhost::hal {

/// The stages of an inference; each is a bit, and a pin where the board has pins.
enum class Stage : uint8_t { kNone = 0, kCapture = 1, kPreprocess = 2, kInvoke = 4 };

/// Raises the pin of this stage alone, so that a meter at the board's supply sees which part of its samples is what.
void Mark(Stage stage);

}  // namespace tinyhost::hal
