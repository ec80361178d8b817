#pragma once

#include <cstdint>

namespace tinyhost::hal {

/// The stages of an inference; each is a bit, and a pin where the board has pins.
enum class Stage : uint8_t { kNone = 0, kCapture = 1, kPreprocess = 2, kInvoke = 4 };

/// Raises only the pin of this stage, so that a meter at the board's supply can tell which samples belong to which
/// stage.
void Mark(Stage stage);

}  // namespace tinyhost::hal
