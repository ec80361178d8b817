#include "emulator/system/clock.h"

#include <cmath>

namespace tinyhost::emulator {

uint64_t Clock::TrueNsAt(uint64_t cycles) const {
  return since_ns_ + static_cast<uint64_t>(static_cast<double>(cycles - since_cycles_) * ns_per_cycle_);
}

uint64_t Clock::CyclesAt(uint64_t true_ns) const {
  if (true_ns == kNever) return kNever;
  if (true_ns <= since_ns_) return since_cycles_;
  // One more than the quotient: rounding must not let the event come early.
  return since_cycles_ + static_cast<uint64_t>(std::ceil(static_cast<double>(true_ns - since_ns_) / ns_per_cycle_)) + 1;
}

void Clock::UseCrystal(bool is_crystal) {
  since_ns_ = TrueNs();
  since_cycles_ = cycles_;
  is_crystal_ = is_crystal;
  ns_per_cycle_ = 1e9 / static_cast<double>(kHz) / (1 + (is_crystal ? errors_.hfxo : errors_.hfint));
}

}  // namespace tinyhost::emulator
